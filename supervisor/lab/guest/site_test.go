package guest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

func TestPage_ReturnsTheNewestMessage(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
		fails      bool
	}{
		{status: 200, body: `<main data-room="x" data-cursor="17-2" data-more="false">`, want: "17-2"},
		{status: 200, body: `<main data-room="x" data-cursor="0">`, want: "0-0"},
		{status: 200, body: `<main>`, want: "0-0"},
		{status: 503, body: `<main data-cursor="17-2">`, fails: true},
		{status: 502, body: `<meta http-equiv="refresh">`, fails: true},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("chatter"); err != nil {
				t.Error(err)
			}
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		got, err := Page(t.Context(), s.Client(), s.URL, &http.Cookie{Name: "chatter", Value: "x"})
		s.Close()
		var status *StatusError
		if errors.As(err, &status) && (status.Status != c.status || status.Waiting != (c.status == 502)) {
			t.Errorf("%d %s: %+v", c.status, c.body, status)
		}
		if (err != nil) != c.fails || !c.fails && got.String() != c.want {
			t.Errorf("%d %s: got %v, %v", c.status, c.body, got, err)
		}
	}
}

// closeCodes is a site that reports the code with which each socket was closed.
func closeCodes(t *testing.T) (site string, codes chan websocket.StatusCode, opened chan struct{}) {
	codes, opened = make(chan websocket.StatusCode, 1), make(chan struct{}, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		go func() {
			// The guest answers a ping when its side is open.
			if err := ws.Ping(context.Background()); err != nil {
				t.Error(err)
			}
			opened <- struct{}{}
		}()
		_, _, err = ws.Read(context.Background())
		codes <- websocket.CloseStatus(err)
	}))
	t.Cleanup(s.Close)
	return s.URL, codes, opened
}

func TestGoodbye_ClosesWithACode(t *testing.T) {
	room, err := name.ParseRoom("Tea Room")
	if err != nil {
		t.Fatal(err)
	}
	cookie := &http.Cookie{Name: "chatter", Value: "x"}
	for _, c := range []struct {
		why  error
		code websocket.StatusCode
	}{{ErrGoodbye, websocket.StatusGoingAway}, {nil, -1}} {
		site, codes, opened := closeCodes(t)
		g, err := New(Options{URL: site, Room: room, Cookie: cookie})
		if err != nil {
			t.Fatal(err)
		}
		for what, hold := range map[string]func(context.Context) error{
			"a room":    g.Run,
			"the index": func(ctx context.Context) error { return Index(ctx, site, cookie) },
		} {
			ctx, leave := context.WithCancelCause(t.Context())
			left := make(chan error, 1)
			go func() { left <- hold(ctx) }()
			<-opened
			leave(c.why)
			if err := <-left; err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if code := <-codes; code != c.code {
				t.Errorf("%s, left because of %v: the server sees %v", what, c.why, code)
			}
		}
	}
}

func TestGuest_SendsTheUnsentMessagesOfTheLastPage(t *testing.T) {
	first := &Guest{}
	one, two := first.Say("one"), first.Say("two")
	unsent := first.Unsent()
	if len(unsent) != 2 || unsent[0].Nonce != one || unsent[1].Nonce != two || unsent[0].Text != "one" {
		t.Fatalf("unsent are %v", unsent)
	}
	room, err := name.ParseRoom("Tea Room")
	if err != nil {
		t.Fatal(err)
	}
	second, err := New(Options{URL: "http://chat.test/", Room: room, Unsent: unsent})
	if err != nil {
		t.Fatal(err)
	}
	if got := second.Unsent(); len(got) != 2 || got[0].Nonce != one {
		t.Errorf("the new page has %v", got)
	}
}
