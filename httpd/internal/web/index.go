package web

import (
	"fmt"
	"net/http"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"

	"github.com/labstack/echo/v4"
)

// recentLines is how many users and how many rooms the index lists.
const recentLines = 50

// index answers GET /index/: who has been here, which rooms are used.
func (s *Site) index(c echo.Context) error {
	return s.showIndex(c, http.StatusOK, indexPage{})
}

// enter answers GET /chat/?room=NAME, the index's room field.
func (s *Site) enter(c echo.Context) error {
	query := c.QueryParams()
	if !query.Has("room") {
		return redirect(c, http.StatusSeeOther, indexPath)
	}
	room, err := name.ParseRoom(query.Get("room"))
	if err != nil {
		return s.showIndex(c, http.StatusUnprocessableEntity, indexPage{
			RoomTyped:   typed(query.Get("room")),
			RoomProblem: nameProblem(s.languages.of(c), err),
		})
	}
	return redirect(c, http.StatusSeeOther, room.Path())
}

// showIndex records the visit and lists the recents, in one round trip at most.
func (s *Site) showIndex(c echo.Context, status int, p indexPage) error {
	guest, ok := s.session(c)
	if !ok {
		return askToSignIn(c, "")
	}
	now := s.now()
	lists, err := s.visitIndex(c, guest.User, now)
	if err != nil {
		return err
	}
	plain := p.RoomTyped == "" && p.RoomProblem == ""
	p.page = s.page(c, "index")
	own := [holes]string{user: p.User}
	if plain {
		if page, ok := s.recent.get(p.texts, lists, now); ok {
			return page.send(c, status, own)
		}
	}
	p.Title = p.say("index.title")
	p.Ideas = p.ideas()
	p.Users = p.showLines(lists.Users, now, func(string) string { return "" })
	p.Rooms = p.showLines(lists.Rooms, now, func(line string) string {
		room, err := name.ParseRoom(line)
		if err != nil {
			return indexPath // the rules have changed since it was entered
		}
		return room.Path()
	})
	if !plain {
		return s.views.index.write(c, status, p)
	}
	p.User = user.mark()
	page, err := s.views.index.prepare(p)
	if err != nil {
		return err
	}
	s.recent.keep(p.texts, lists, now, page)
	return page.send(c, status, own)
}

// visitIndex returns what the index lists, with the guest who looks at it. Redis is asked
// once in a second for all, and told of a guest whom the lists do not show yet.
func (s *Site) visitIndex(c echo.Context, guest name.User, now time.Time) (*recent.Lists, error) {
	lists := s.recent.lately(now)
	visits := c.Request().Method == http.MethodGet && (lists == nil || !s.told(lists, guest, now))
	if lists != nil && !visits {
		return lists, nil
	}
	b := s.redis.Batch()
	if visits {
		// Touched first, so that a guest sees their own name too.
		s.recents.Touch(b, guest, name.Room{}, now)
	}
	var read *recent.Lists
	if lists == nil {
		read = s.recents.Lists(b, recentLines, now)
	}
	if err := s.memory.watch(b.Run(c.Request().Context())); err != nil {
		return nil, fmt.Errorf("read recents: %w", err)
	}
	if visits {
		s.seen.recorded(now, seenName{name: guest.String()})
	}
	if read != nil {
		return s.recent.put(read, now), nil
	}
	return s.recent.touched(guest, name.Room{}, now), nil
}

// told reports whether Redis knows of the guest's visit. Lists that are full of guests
// of the present bucket cannot tell; then it is enough to have recorded it once.
func (s *Site) told(lists *recent.Lists, guest name.User, now time.Time) bool {
	if recent.Shows(lists.Users, guest.String(), now) {
		return true
	}
	full := len(lists.Users) == recentLines && !lists.Users[recentLines-1].At.Before(now.Truncate(recent.Bucket))
	return full && s.seen.lately(seenName{name: guest.String()}, now, recent.Bucket)
}

func (p indexPage) showLines(lines []recent.Line, now time.Time, href func(name string) string) []recentLine {
	shown := make([]recentLine, len(lines))
	for i, line := range lines {
		shown[i] = recentLine{
			Name: line.Name,
			Href: href(line.Name),
			When: p.ago(now.Sub(line.At)),
			At:   line.At.UTC().Format(time.RFC3339),
		}
	}
	return shown
}

// ideas are rooms to begin with where none has been used.
func (p indexPage) ideas() []recentLine {
	var all []recentLine
	for _, key := range []string{"index.idea.quiet", "index.idea.lunch", "index.idea.night"} {
		room, err := name.ParseRoom(p.say(key))
		if err == nil {
			all = append(all, recentLine{Name: room.String(), Href: room.Path()})
		}
	}
	return all
}
