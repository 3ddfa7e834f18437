package moderation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"chatter/shared/name"
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
	return New(Options{Log: l, Announce: func(_ context.Context, _ name.Room, removed []wire.Removal) error {
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
