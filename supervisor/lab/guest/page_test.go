package guest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

func TestPage_TellsHowFarItGoes(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
		fails      bool
	}{
		{status: 200, body: `<main data-room="x" data-cursor="17-2" data-more="false">`, want: "17-2"},
		{status: 200, body: `<main data-room="x" data-cursor="0">`, want: "0-0"},
		{status: 200, body: `<main>`, want: "0-0"},
		{status: 503, body: `<main data-cursor="17-2">`, fails: true},
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
		if (err != nil) != c.fails || !c.fails && got.String() != c.want {
			t.Errorf("%d %s: got %v, %v", c.status, c.body, got, err)
		}
	}
}

// farewells is a site that tells with which code each socket was closed.
func farewells(t *testing.T) (site string, codes chan websocket.StatusCode, opened chan struct{}) {
	codes, opened = make(chan websocket.StatusCode, 1), make(chan struct{}, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		go func() {
			// It answers pings from when its own side is open.
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

func TestGoodbye_IsToldToTheServer(t *testing.T) {
	room, err := name.ParseRoom("Tea Room")
	if err != nil {
		t.Fatal(err)
	}
	cookie := &http.Cookie{Name: "chatter", Value: "x"}
	for _, c := range []struct {
		why  error
		code websocket.StatusCode
	}{{Goodbye, websocket.StatusGoingAway}, {nil, -1}} {
		site, codes, opened := farewells(t)
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

func TestGuest_APageTakesOverWhatTheOneBeforeKept(t *testing.T) {
	first := &Guest{}
	one, two := first.Say("one"), first.Say("two")
	if kept := first.Kept(); len(kept) != 2 || kept[0].Nonce != one || kept[1].Nonce != two || kept[0].Text != "one" {
		t.Fatalf("kept %v", kept)
	}
	room, err := name.ParseRoom("Tea Room")
	if err != nil {
		t.Fatal(err)
	}
	second, err := New(Options{URL: "http://chat.test/", Room: room, Kept: first.Kept()})
	if err != nil {
		t.Fatal(err)
	}
	if second.Unsent() != 2 || second.Kept()[0].Nonce != one {
		t.Errorf("took over %v", second.Kept())
	}
}
