package moderation

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// fakeMutes note what they are asked for.
type fakeMutes struct {
	Mutes
	asked   []string
	inForce []mutes.Order
	err     error
}

func (m *fakeMutes) InForce() []mutes.Order { return m.inForce }

func (m *fakeMutes) Lift(_ context.Context, handle string) error {
	if len(m.inForce) == 0 || m.inForce[0].Handle != handle {
		return mutes.ErrNoOrder
	}
	m.inForce = nil
	return nil
}

func (m *fakeMutes) Mute(_ context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error) {
	m.asked = append(m.asked, room.String()+" "+id.String()+" "+d.String())
	return mutes.Order{Handle: "a1b2", Ends: time.Unix(1700000000, 0).UTC()}, m.err
}

func TestHandler_Mute(t *testing.T) {
	good := url.Values{"room": {"tea"}, "id": {"5-0"}, "for": {"90m"}}
	with := func(field, value string) url.Values {
		form := url.Values{}
		for name, values := range good {
			form[name] = values
		}
		form.Set(field, value)
		return form
	}
	for _, c := range []struct {
		name   string
		form   url.Values
		err    error
		status int
		answer string // a part of it
		asks   int
	}{
		{"an author who is known", good, nil, 200, "Accepted: the author is muted until 2023-11-14T22:13:20Z. The order is a1b2.", 1},
		{"one who is not", good, mutes.ErrUnknown, 422, "not known any more", 1},
		{"a silent process", good, mutes.ErrSilent, 422, "Try again", 1},
		{"too long", good, mutes.ErrTime, 422, "for: ", 1},
		{"too many", good, mutes.ErrTooMany, 422, "Lift some", 1},
		{"no Redis", good, redisconn.Unavailable("mute", context.DeadlineExceeded), 503, "Redis", 1},
		{"no time", with("for", "soon"), nil, 422, "for: ", 0},
		{"no ID", with("id", ""), nil, 422, "id: ", 0},
		{"no room", with("room", ""), nil, 422, "room: ", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &fakeMutes{err: c.err}
			status, answer := post(t, (&Moderation{Mutes: m}).Handler(), "mute", c.form)
			if text := answer["done"] + answer["error"]; status != c.status || !strings.Contains(text, c.answer) {
				t.Errorf("%d %q, want %d and %q", status, text, c.status, c.answer)
			}
			if len(m.asked) != c.asks || c.asks > 0 && m.asked[0] != "tea 5-0 1h30m0s" {
				t.Errorf("asked for %q", m.asked)
			}
		})
	}
}

func TestHandler_MuteIsNotForOtherSites(t *testing.T) {
	m := new(fakeMutes)
	status, _ := post(t, (&Moderation{Mutes: m}).Handler(), "mute", url.Values{"room": {"tea"}, "id": {"5-0"}, "for": {"1h"}}, "Sec-Fetch-Site", "cross-site")
	if status != http.StatusForbidden || len(m.asked) > 0 {
		t.Errorf("%d, asked for %q", status, m.asked)
	}
}

func TestHandler_MutesAreListedAndLifted(t *testing.T) {
	m := &fakeMutes{inForce: []mutes.Order{{Handle: "a1b2", Ends: time.Unix(5, 0).UTC()}}}
	h := (&Moderation{Hidden: new(fakeHidden), Mutes: m}).Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/moderation/orders", nil))
	if want := `{"orders":[{"handle":"a1b2","kind":"muted author","until":"1970-01-01T00:00:05Z"}]}`; strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("orders %s, want %s", w.Body, want)
	}
	if status, _ := post(t, h, "lift", url.Values{"order": {"other"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("another order: status %d", status)
	}
	if status, _ := post(t, h, "lift", url.Values{"order": {"a1b2"}}); status != http.StatusOK || m.inForce != nil {
		t.Errorf("status %d, in force %v", status, m.inForce)
	}
}
