package guest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// Index holds the socket of the index page until ctx ends, which is no error.
func Index(ctx context.Context, site string, cookie *http.Cookie) error {
	site = strings.TrimSuffix(site, "/")
	ws, _, err := websocket.Dial(ctx, site+"/ws/index/", &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		HTTPHeader:   http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {site}},
		Subprotocols: []string{wire.Subprotocol},
	})
	if err == nil {
		ws.SetReadLimit(maxIndexFrame)
		defer context.AfterFunc(ctx, func() { hangUp(ctx, ws) })()
		defer ws.CloseNow()
		for err == nil {
			_, _, err = ws.Read(context.Background())
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("hold the index: %w", err)
}

// maxIndexFrame is far more than all recent names need.
const maxIndexFrame = 1 << 20

// ErrGoodbye is the cause of a context that ends because the guest closes the page. With any
// other cause the socket ends without a close frame.
var ErrGoodbye = errors.New("the guest leaves")

func hangUp(ctx context.Context, ws *websocket.Conn) {
	if errors.Is(context.Cause(ctx), ErrGoodbye) {
		_ = ws.Close(websocket.StatusGoingAway, "") // after a failure CloseNow ends it
	}
	ws.CloseNow()
}
