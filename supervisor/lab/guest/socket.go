package guest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

const (
	connectWithin = 15 * time.Second // an attempt without progress ends after this time
	writeWithin   = 10 * time.Second // the kernel must accept a frame within this time
)

// ErrGoodbye is the cause of a context that ends because the guest closes the page. With any
// other cause the socket ends without a close frame.
var ErrGoodbye = errors.New("the guest leaves")

func closeSocket(ctx context.Context, ws *websocket.Conn) {
	if errors.Is(context.Cause(ctx), ErrGoodbye) {
		_ = ws.Close(websocket.StatusGoingAway, "") // after a failure CloseNow ends it
	}
	ws.CloseNow()
}

// attempt opens one socket and reads from it until it ends. It never returns nil.
func (g *Guest) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	address := g.address
	address.RawQuery = "since=" + g.begin(cancel)
	ws, resp, err := websocket.Dial(ctx, address.String(), &g.dial)
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			err = &StatusError{Status: resp.StatusCode}
		}
		return g.end(err)
	}
	// A context in each Read would cost more than the frame.
	defer context.AfterFunc(ctx, func() { closeSocket(ctx, ws) })()
	defer ws.CloseNow()
	ws.SetReadLimit(wire.MaxFrameBytes)
	g.opened(ws)
	for {
		_, frame, err := ws.Read(context.Background())
		if err != nil {
			return g.end(err)
		}
		event, err := wire.ParseEvent(frame)
		if err != nil {
			return g.end(err)
		}
		g.receive(event)
	}
}

// begin notes that an attempt begins. It returns the cursor to resume from.
func (g *Guest) begin(giveUp context.CancelFunc) (since string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.giveUp, g.reopened = giveUp, false
	g.watchdog = time.AfterFunc(connectWithin, giveUp)
	g.enterLocked(Connecting)
	call(g.hooks.Attempt, g.cursor)
	if g.cursor.IsZero() {
		return "0"
	}
	return g.cursor.String()
}

func (g *Guest) opened(ws *websocket.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.socket = ws
	g.watchdog.Reset(connectWithin)
}

func (g *Guest) receive(e wire.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.reopened {
		return // the guest has given this socket up
	}
	if g.state == Connecting {
		g.watchdog.Reset(connectWithin)
	}
	now := time.Now()
	switch e.Event {
	case wire.EventMessage:
		if g.inGap || e.ID.Compare(g.cursor) > 0 {
			g.cursor = e.ID
		}
		call(g.hooks.Delivered, wire.Entry{ID: e.ID, Text: e.Message})
	case wire.EventGap:
		g.inGap = true
		if g.hooks.Gap != nil {
			g.hooks.Gap()
		}
	case wire.EventLive:
		// After a log was lost this cursor is lower than the guest's own.
		g.cursor, g.inGap = e.Cursor, false
		call(g.hooks.CaughtUp, e.Cursor)
		if g.state != Live {
			g.watchdog.Stop()
			g.liveAt = now
			g.outbox.resume()
			g.enterLocked(Live)
		}
	case wire.EventAck:
		if said, ok := g.outbox.ack(e.Nonce); ok {
			callBoth(g.hooks.Acked, said, e.ID)
		}
	case wire.EventRefused:
		if said, ok := g.outbox.refused(e.Nonce, e.Code, time.Duration(e.RetryAfter)*time.Second, now); ok {
			callBoth(g.hooks.Refused, said, e.Code)
		}
	}
	g.sendDueLocked()
}

// sendDueLocked sends the entry that is due, if any, and sets the timer for the next one.
func (g *Guest) sendDueLocked() {
	if g.due != nil {
		g.due.Stop()
	}
	now := time.Now()
	e, again, stalled := g.outbox.next(now)
	if stalled {
		g.reopened = true
		g.giveUp()
		return
	}
	if !again.IsZero() {
		g.due = time.AfterFunc(again.Sub(now), func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.sendDueLocked()
		})
	}
	if e != nil {
		call(g.hooks.Sent, e.Entry)
		ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
		defer cancel()
		// After a failure the reader gets an error, and the next socket sends the entry again.
		_ = g.socket.Write(ctx, websocket.MessageText, sayFrame(e.Entry))
	}
}

func sayFrame(e Entry) []byte {
	frame, err := json.Marshal(struct {
		Command string     `json:"command"`
		Message string     `json:"message"`
		Nonce   wire.Nonce `json:"nonce"`
	}{"new_message", e.Text, e.Nonce})
	if err != nil {
		panic(err) // of strings alone
	}
	return frame
}

// end notes that the socket is gone.
func (g *Guest) end(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watchdog.Stop()
	g.socket = nil
	g.outbox.suspend()
	g.sendDueLocked()
	call(g.hooks.Ended, err)
	return err
}

// nextDelay returns the delay until the next attempt after err, or that there is none.
func (g *Guest) nextDelay(err error) (delay time.Duration, over bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	liveAt := g.liveAt
	g.liveAt = time.Time{}
	if g.reopened {
		return 0, false
	}
	var closed websocket.CloseError
	errors.As(err, &closed)
	switch wire.CloseCode(closed.Code) {
	case wire.CloseSignIn:
		g.enterLocked(SignedOut)
		return 0, true
	case wire.CloseNoRoom:
		g.enterLocked(NoRoom)
		return 0, true
	}
	asked, isAsked := wire.ParseRetryReason(closed.Reason)
	// A guest that was too slow resumes at once, but only if it was live.
	if !isAsked && !liveAt.IsZero() && wire.CloseCode(closed.Code) == wire.CloseTooSlow {
		isAsked = true
	}
	g.enterLocked(Waiting)
	return g.backoff.next(asked, isAsked, liveAt, time.Now()), false
}

func (g *Guest) enterLocked(s State) {
	g.state = s
	call(g.hooks.State, s)
}
