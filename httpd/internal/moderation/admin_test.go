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
			status, answer := post(t, New(Options{Log: l}).Handler(), "remove", c.form)
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
	form := url.Values{"room": {"tea"}, "id": {"5-0"}}
	if status, _ := post(t, New(Options{Log: l}).Handler(), "remove", form, "Origin", "https://elsewhere.test", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden || len(l.removed) > 0 {
		t.Errorf("%d, removed %q", status, l.removed)
	}
}
