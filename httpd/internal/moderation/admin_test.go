package moderation

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// fakeLog notes what it is told to remove.
type fakeLog struct {
	removed []string
	err     error
}

func (l *fakeLog) Remove(_ context.Context, room name.Room, id wire.ID) (wire.Removal, error) {
	l.removed = append(l.removed, room.String()+" "+id.String())
	return wire.Removal{ID: id}, l.err
}

func (l *fakeLog) Empty(_ context.Context, room name.Room, removed func([]wire.Removal) error) error {
	for range 2 {
		if err := removed(make([]wire.Removal, 3)); err != nil {
			return err
		}
	}
	return l.err
}

// handler returns the handler of a Moderation over l, and a count of the announced removals.
func handler(l *fakeLog, err error) (h http.Handler, announced *int) {
	announced = new(int)
	return (&Moderation{Log: l, Hidden: new(fakeHidden), Mutes: new(fakeMutes), Announce: func(_ context.Context, _ name.Room, removed []wire.Removal) error {
		*announced += len(removed)
		return err
	}}).Handler(), announced
}

// post sends an order and returns the status and the answer.
func post(t *testing.T, h http.Handler, order string, form url.Values, headers ...string) (int, map[string]string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://admin/moderation/"+order, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := make(map[string]string)
	if w.Header().Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
	}
	return w.Code, answer
}

func TestHandler_Remove(t *testing.T) {
	for _, c := range []struct {
		name     string
		form     url.Values
		err      error
		status   int
		answer   string // a part of it
		removals int
	}{
		{"a message", url.Values{"room": {" Go  Fans"}, "id": {"5-0"}}, nil, 200, "is removed", 1},
		{"an ID that is not in the log", url.Values{"room": {"tea"}, "id": {"5-0"}}, roomlog.ErrNotInLog, 422, "no message with this ID", 1},
		{"no Redis", url.Values{"room": {"tea"}, "id": {"5-0"}}, redisconn.Unavailable("remove", context.DeadlineExceeded), 503, "Redis", 1},
		{"no ID", url.Values{"room": {"tea"}}, nil, 422, "id: ", 0},
		{"no room", url.Values{"id": {"5-0"}}, nil, 422, "room: ", 0},
		{"no name", url.Values{"room": {"a/b"}, "id": {"5-0"}}, nil, 422, "slash", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &fakeLog{err: c.err}
			h, announced := handler(l, nil)
			status, answer := post(t, h, "remove", c.form)
			if done := status == http.StatusOK; done != (*announced == 1) {
				t.Errorf("%d, and %d announced", status, *announced)
			}
			if text := answer["done"] + answer["error"]; status != c.status || !strings.Contains(text, c.answer) {
				t.Errorf("%d %q, want %d and %q", status, text, c.status, c.answer)
			}
			if len(l.removed) != c.removals || c.removals > 0 && l.removed[0] != fmt.Sprint(strings.Join(strings.Fields(c.form.Get("room")), " "), " 5-0") {
				t.Errorf("removed %q", l.removed)
			}
		})
	}
}

func TestHandler_RefusesThePagesOfSites(t *testing.T) {
	l := new(fakeLog)
	h, _ := handler(l, nil)
	form := url.Values{"room": {"tea"}, "id": {"5-0"}}
	if status, _ := post(t, h, "remove", form, "Origin", "https://elsewhere.test", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden || len(l.removed) > 0 {
		t.Errorf("%d, removed %q", status, l.removed)
	}
}

func TestHandler_RefusesNamesOnAPort(t *testing.T) {
	h, _ := handler(new(fakeLog), nil)
	port := httptest.NewServer(h)
	defer port.Close()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	socket := &httptest.Server{Listener: ln, Config: &http.Server{Handler: h}}
	socket.Start()
	defer socket.Close()
	overSocket := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", ln.Addr().String())
	}}}
	for _, c := range []struct {
		client *http.Client
		url    string
		host   string
		status int
	}{
		{port.Client(), port.URL, "elsewhere.test", 403},
		{port.Client(), port.URL, "127.0.0.1.elsewhere.test:8001", 403},
		{port.Client(), port.URL, "localhost", 200},
		{port.Client(), port.URL, "localhost:8001", 200},
		{port.Client(), port.URL, "192.0.2.1:8001", 200},
		{port.Client(), port.URL, "[2001:db8::1]:8001", 200},
		{port.Client(), port.URL, "[::1]", 200},
		{overSocket, "http://admin", "admin", 200},
	} {
		r, err := http.NewRequest(http.MethodPost, c.url+"/moderation/hide?name=Ann", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := c.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.host, resp.StatusCode, c.status)
		}
	}
}

func TestHandler_Empty(t *testing.T) {
	h, announced := handler(new(fakeLog), nil)
	if status, answer := post(t, h, "empty", url.Values{"room": {"tea"}}); status != http.StatusOK || answer["done"] != "6 messages are removed." || *announced != 6 {
		t.Errorf("%d %q, %d announced", status, answer, *announced)
	}
	h, _ = handler(new(fakeLog), redisconn.Unavailable("announce", context.DeadlineExceeded))
	if status, _ := post(t, h, "empty", url.Values{"room": {"tea"}}); status != http.StatusServiceUnavailable {
		t.Errorf("not announced: %d", status)
	}
}

// fakeHidden keeps list and key, which are the handle, too.
type fakeHidden struct{ names []orders.HiddenName }

func (h *fakeHidden) Hide(_ context.Context, list, key string) error {
	h.names = append(h.names, orders.HiddenName{Handle: list + ":" + key, List: list, Until: time.Unix(5, 0).UTC()})
	return nil
}

func (h *fakeHidden) Show(_ context.Context, handle string) (bool, error) {
	before := len(h.names)
	h.names = slices.DeleteFunc(h.names, func(n orders.HiddenName) bool { return n.Handle == handle })
	return len(h.names) < before, nil
}

func (h *fakeHidden) InForce(context.Context) ([]orders.HiddenName, error) { return h.names, nil }

func TestHandler_HideOrdersAndLift(t *testing.T) {
	h, _ := handler(new(fakeLog), nil)
	inForce := func(want string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/moderation/orders", nil))
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
			t.Errorf("orders: %d %s, want %s", w.Code, got, want)
		}
	}
	inForce(`{"orders":[]}`)
	for _, c := range []struct {
		order  string
		form   url.Values
		status int
		says   string
	}{
		{"hide", url.Values{"name": {"Bad  Guest"}}, 200, "guest is not listed"},
		{"hide", url.Values{"room": {"Bad Room"}}, 200, "room is not listed"},
		{"hide", url.Values{}, 422, "name: "},
		{"hide", url.Values{"room": {"a/b"}}, 422, "room: "},
		{"lift", url.Values{"order": {"nothing"}}, 422, "chatterctl orders"},
	} {
		if status, answer := post(t, h, c.order, c.form); status != c.status || !strings.Contains(answer["done"]+answer["error"], c.says) {
			t.Errorf("%s %v: %d %v", c.order, c.form, status, answer)
		}
	}
	inForce(`{"orders":[{"handle":"users:bad guest","kind":"hidden guest","until":"1970-01-01T00:00:05Z"},{"handle":"rooms:bad room","kind":"hidden room","until":"1970-01-01T00:00:05Z"}]}`)
	if status, answer := post(t, h, "lift", url.Values{"order": {"users:bad guest"}}); status != http.StatusOK || answer["done"] == "" {
		t.Errorf("lift: %d %v", status, answer)
	}
	inForce(`{"orders":[{"handle":"rooms:bad room","kind":"hidden room","until":"1970-01-01T00:00:05Z"}]}`)
}
