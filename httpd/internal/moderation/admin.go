package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// maxForm bounds the form of an order.
const maxForm = 64 << 10

// Handler answers orders below /moderation/: a POST has its values in the form, and the answer
// is JSON, with {"error"} for each status but 200. It is for the admin listener only.
func (m *Moderation) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /moderation/remove", answer(m.postRemove))
	mux.HandleFunc("POST /moderation/empty", answer(m.postEmpty))
	mux.HandleFunc("POST /moderation/hide", answer(m.postHide))
	mux.HandleFunc("POST /moderation/lift", answer(m.postLift))
	mux.HandleFunc("GET /moderation/orders", answer(m.getOrders))
	mux.HandleFunc("POST /moderation/mute", answer(m.postMute))
	mux.HandleFunc("POST /moderation/moderator", answer(m.postModerator))
	mux.HandleFunc("GET /moderation/reports", answer(m.getReports))
	// The admin listener may be a port, which the pages of any site can post to.
	return refuseNames(http.NewCrossOriginProtection().Handler(mux))
}

// refuseNames answers 403 to a request that came to a port under a name. The owner of the name can
// let it lead to this machine; a browser then takes the owner's pages for pages of this listener.
func refuseNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, port := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		host := (&url.URL{Host: r.Host}).Hostname()
		if _, err := netip.ParseAddr(host); port && err != nil && host != "localhost" {
			refuse(w, http.StatusForbidden, "Ask under an IP address or as localhost.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// done is a sentence for the operator: an order has been carried out.
func done(format string, args ...any) any {
	return map[string]string{"done": fmt.Sprintf(format, args...)}
}

func (m *Moderation) postRemove(ctx context.Context, form url.Values) (any, error) {
	room, id, err := messageOf(form)
	if err != nil {
		return nil, err
	}
	return done("The message is removed."), m.Remove(ctx, room, id)
}

func (m *Moderation) postEmpty(ctx context.Context, form url.Values) (any, error) {
	room, err := roomOf(form)
	if err != nil {
		return nil, err
	}
	n, err := m.Empty(ctx, room)
	return done("%d messages are removed.", n), err
}

// postHide keeps the guest in the field name, or the room in the field room, in every spelling
// out of the lists for a day. The guest may go on, and the room stays open.
func (m *Moderation) postHide(ctx context.Context, form url.Values) (any, error) {
	if form.Has("room") {
		room, err := roomOf(form)
		if err != nil {
			return nil, err
		}
		return done("The room is not listed any more. Within a second no list shows it."), m.Hidden.Hide(ctx, "rooms", room.Key())
	}
	user, err := name.ParseUser(form.Get("name"))
	if err != nil {
		return nil, Problem(fmt.Sprintf("name: %q is no guest's name. %v", form.Get("name"), err))
	}
	return done("The guest is not listed any more. Within a second no list shows the name."), m.Hidden.Hide(ctx, "users", user.Key())
}

func (m *Moderation) postMute(ctx context.Context, form url.Values) (any, error) {
	room, id, err := messageOf(form)
	if err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(form.Get("for"))
	if err != nil {
		return nil, Problem(fmt.Sprintf("for: want a time such as 1h or 24h, got %q.", form.Get("for")))
	}
	order, err := m.Mute(ctx, room, id, d)
	return done("Accepted: the author is muted until %s. The order is %s.", order.Ends.Format(time.RFC3339), order.Handle), err
}

func (m *Moderation) postLift(ctx context.Context, form url.Values) (any, error) {
	return done("The order is lifted."), m.Lift(ctx, form.Get("order"))
}

func (m *Moderation) getOrders(ctx context.Context, _ url.Values) (any, error) {
	orders, err := m.Orders(ctx)
	return map[string][]Order{"orders": orders}, err
}

// postModerator answers with a new link, which is only a path if the site's address is not known.
func (m *Moderation) postModerator(ctx context.Context, _ url.Values) (any, error) {
	path, err := m.Moderators.Link(ctx)
	return map[string]string{"url": m.Public.String() + path}, err
}

func (m *Moderation) getReports(ctx context.Context, _ url.Values) (any, error) {
	list, err := m.Reports.List(ctx)
	return map[string][]Reported{"reports": list}, err
}

// messageOf reads the fields room and id, the ID of a message.
func messageOf(form url.Values) (name.Room, wire.ID, error) {
	room, err := roomOf(form)
	if err != nil {
		return room, wire.ID{}, err
	}
	id, err := wire.ParseID(form.Get("id"))
	if err != nil {
		return room, id, Problem(fmt.Sprintf("id: want the ID of a message, such as 1700000000000-0, got %q.", form.Get("id")))
	}
	return room, id, nil
}

// roomOf reads the field room, a room's name as it is typed.
func roomOf(form url.Values) (name.Room, error) {
	room, err := name.ParseRoom(form.Get("room"))
	if err != nil {
		return room, Problem(fmt.Sprintf("room: %q is no room's name. %v", form.Get("room"), err))
	}
	return room, nil
}

// answer makes a handler of an order. What the order returns is the answer if there is no error.
func answer(order func(ctx context.Context, form url.Values) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if r.ParseForm() != nil {
			refuse(w, http.StatusBadRequest, "The form cannot be read.")
			return
		}
		done, err := order(r.Context(), r.Form)
		var problem Problem
		switch {
		case err == nil:
			send(w, http.StatusOK, done)
		case errors.As(err, &problem):
			refuse(w, http.StatusUnprocessableEntity, problem.Error())
		case errors.Is(err, redisconn.ErrUnavailable):
			refuse(w, http.StatusServiceUnavailable, "Redis cannot be reached now. Try again.")
		default:
			refuse(w, http.StatusInternalServerError, daemon.ErrorText(err))
		}
	}
}

func refuse(w http.ResponseWriter, status int, why string) {
	send(w, status, map[string]string{"error": why})
}

func send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone
}
