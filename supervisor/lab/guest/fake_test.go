package guest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// fake is a server inside the bubble of a test. The test writes every frame.
type fake struct {
	t       *testing.T
	conns   chan net.Conn
	gone    chan struct{}
	sockets chan *accepted
	status  chan int // answers in place of handshakes
}

// accepted is the server's end of one socket.
type accepted struct {
	*websocket.Conn
	t     *testing.T
	raw   net.Conn
	since string
	heard chan []byte // frames of the guest; closed when the socket ends
	done  chan struct{}
}

type rawConn struct{}

// serve starts the server; it ends with the test.
func serve(t *testing.T) *fake {
	f := &fake{t: t, conns: make(chan net.Conn), gone: make(chan struct{}), sockets: make(chan *accepted, 16), status: make(chan int, 16)}
	s := &http.Server{Handler: f, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, rawConn{}, c)
	}}
	var running sync.WaitGroup
	running.Go(func() { s.Serve(f) })
	t.Cleanup(func() { s.Close(); running.Wait() })
	return f
}

func (f *fake) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.gone:
		return nil, net.ErrClosed
	}
}

func (f *fake) Close() error   { close(f.gone); return nil }
func (f *fake) Addr() net.Addr { return &net.TCPAddr{} }

func (f *fake) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case f.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case status := <-f.status:
		w.WriteHeader(status)
		return
	default:
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		f.t.Error(err)
		return
	}
	a := &accepted{
		Conn: ws, t: f.t, since: r.URL.Query().Get("since"),
		raw:   r.Context().Value(rawConn{}).(net.Conn),
		heard: make(chan []byte, 16), done: make(chan struct{}),
	}
	f.sockets <- a
	// A pipe has no buffer: the guest's writes need a reader.
	go func() {
		defer close(a.heard)
		for {
			_, frame, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			a.heard <- frame
		}
	}()
	<-a.done
}

// next returns the next socket that the guest opens.
func (f *fake) next() *accepted {
	a := <-f.sockets
	f.t.Cleanup(a.cut)
	return a
}

// cut ends the socket without a close frame.
func (a *accepted) cut() {
	select {
	case <-a.done:
	default:
		a.raw.Close()
		a.CloseNow()
		close(a.done)
	}
}

func (a *accepted) close(code wire.CloseCode, reason string) {
	a.Close(websocket.StatusCode(code), reason)
	a.cut()
}

func (a *accepted) send(frame []byte) {
	a.t.Helper()
	if err := a.Write(context.Background(), websocket.MessageText, frame); err != nil {
		a.t.Error(err)
	}
}

func (a *accepted) message(id, text string) {
	a.t.Helper()
	a.send(wire.AppendMessage(nil, parse(a.t, id), text))
}

func (a *accepted) live(cursor string) {
	a.t.Helper()
	a.send(wire.AppendLive(nil, parse(a.t, cursor)))
}

func (a *accepted) ack(nonce wire.Nonce, id string) {
	a.t.Helper()
	a.send(wire.AppendAck(nil, nonce, parse(a.t, id)))
}

// said returns the next message of the guest.
func (a *accepted) said() (text string, nonce wire.Nonce) {
	a.t.Helper()
	frame, ok := <-a.heard
	if !ok {
		a.t.Fatal("the guest has gone")
	}
	say, refusal := wire.ParseSay(frame)
	if refusal != nil {
		a.t.Fatalf("%s: %v", frame, refusal)
	}
	return say.Text.String(), say.Nonce
}

func parse(t *testing.T, s string) wire.ID {
	t.Helper()
	id, err := wire.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// come starts a guest of the server until the test ends.
func come(t *testing.T, f *fake, hooks Hooks) *Guest {
	t.Helper()
	room, err := name.ParseRoom("Tea Room")
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Options{
		URL: "http://chat.test/", Room: room, Hooks: hooks, Dial: f.dial,
		Cookie: &http.Cookie{Name: "chatter", Value: "x"},
		Random: func() float64 { return 1 },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { g.Run(ctx) })
	t.Cleanup(func() { leave(); running.Wait() })
	return g
}
