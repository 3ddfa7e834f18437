package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"chatter/shared/daemon"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// Done is the answer to an order that has been carried out.
type Done struct {
	Done string `json:"done"` // a sentence for the operator
}

// failed is the answer to an order that has not.
type failed struct {
	Error string `json:"error"`
}

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
	return http.NewCrossOriginProtection().Handler(mux)
}

func (m *Moderation) postRemove(ctx context.Context, form url.Values) (any, error) {
	room, err := roomOf(form)
	if err != nil {
		return nil, err
	}
	id, err := idOf(form)
	if err != nil {
		return nil, err
	}
	if err := m.Remove(ctx, room, id); err != nil {
		return nil, err
	}
	return Done{"The message is removed."}, nil
}

func (m *Moderation) postEmpty(ctx context.Context, form url.Values) (any, error) {
	room, err := roomOf(form)
	if err != nil {
		return nil, err
	}
	n, err := m.Empty(ctx, room)
	if err != nil {
		return nil, err
	}
	return Done{fmt.Sprintf("%d messages are removed.", n)}, nil
}

// postHide hides the guest in the field name, or the room in the field room.
func (m *Moderation) postHide(ctx context.Context, form url.Values) (any, error) {
	if form.Has("room") {
		room, err := roomOf(form)
		if err != nil {
			return nil, err
		}
		return Done{"The room is not listed any more. Within a second no list shows it."}, m.HideRoom(ctx, room)
	}
	user, err := name.ParseUser(form.Get("name"))
	if err != nil {
		return nil, Problem(fmt.Sprintf("name: %q is no guest's name. %v", form.Get("name"), err))
	}
	return Done{"The guest is not listed any more. Within a second no list shows the name."}, m.HideUser(ctx, user)
}

func (m *Moderation) postLift(ctx context.Context, form url.Values) (any, error) {
	return Done{"The order is lifted."}, m.Lift(ctx, form.Get("order"))
}

func (m *Moderation) getOrders(ctx context.Context, _ url.Values) (any, error) {
	orders, err := m.Orders(ctx)
	return map[string][]Order{"orders": orders}, err
}

// roomOf reads the field room, a room's name as it is typed.
func roomOf(form url.Values) (name.Room, error) {
	room, err := name.ParseRoom(form.Get("room"))
	if err != nil {
		return room, Problem(fmt.Sprintf("room: %q is no room's name. %v", form.Get("room"), err))
	}
	return room, nil
}

// idOf reads the field id, the ID of a message.
func idOf(form url.Values) (wire.ID, error) {
	id, err := wire.ParseID(form.Get("id"))
	if err != nil {
		return id, Problem(fmt.Sprintf("id: want the ID of a message, such as 1700000000000-0, got %q.", form.Get("id")))
	}
	return id, nil
}

// answer makes a handler of an order.
func answer(order func(ctx context.Context, form url.Values) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			send(w, http.StatusBadRequest, failed{"The form cannot be read."})
			return
		}
		done, err := order(r.Context(), r.Form)
		var problem Problem
		switch {
		case err == nil:
			send(w, http.StatusOK, done)
		case errors.As(err, &problem):
			send(w, http.StatusUnprocessableEntity, failed{problem.Error()})
		case errors.Is(err, redisconn.ErrUnavailable):
			send(w, http.StatusServiceUnavailable, failed{"Redis cannot be reached now. Try again."})
		default:
			send(w, http.StatusInternalServerError, failed{daemon.ErrorText(err)})
		}
	}
}

func send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone
}
