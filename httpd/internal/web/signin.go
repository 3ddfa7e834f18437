package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"chatter/httpd/internal/page"
	"chatter/httpd/internal/text"
	"chatter/shared/capacity"
	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/refuse"
	"chatter/shared/session"

	"github.com/labstack/echo/v4"
)

// signIn answers GET /: the form that asks for a name.
func (s *Site) signIn(c echo.Context) error {
	next, _ := localPath(c.QueryParam("next"))
	return s.showSignIn(c, http.StatusOK, page.SignIn{Next: next})
}

// signInPost answers POST /index/: it starts a session.
func (s *Site) signInPost(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	form := c.Request().PostForm
	next, _ := localPath(form.Get("next"))
	chosen := form.Get("user")
	if chosen == "" {
		chosen = form.Get("offer")
	}
	user, err := name.ParseUser(chosen)
	if err == nil && s.refused.User(user) {
		err = refuse.Error
	}
	if err != nil {
		return s.showSignIn(c, http.StatusUnprocessableEntity, page.SignIn{
			Typed:   typed(form.Get("user")),
			Problem: nameProblem(s.language(c), err),
			Next:    next, PhraseTyped: typed(form.Get("phrase")),
		})
	}
	if status, problem := s.checkPhrase(c, form.Get("phrase")); problem != "" {
		return s.showSignIn(c, status, page.SignIn{Typed: typed(form.Get("user")), PhraseProblem: problem, Next: next})
	}
	if full := s.refuseName(c, user); full != nil {
		c.Response().Header().Set("Retry-After", strconv.Itoa(secondsUp(capacity.RetryAfter())))
		return s.showSignIn(c, http.StatusServiceUnavailable, page.SignIn{
			Typed: typed(form.Get("user")), PhraseTyped: typed(form.Get("phrase")), Next: next,
			Problem: s.language(c).Text("name.full"),
		})
	}
	if wait := s.limiter.SignIn(s.classes.NetworkOf(c.Request()), s.now()); wait > 0 {
		seconds := secondsUp(wait)
		c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
		return s.showSignIn(c, http.StatusTooManyRequests, page.SignIn{
			Typed:   typed(form.Get("user")),
			Problem: s.language(c).Text("signin.too_often", "n", seconds),
			Next:    next, PhraseTyped: typed(form.Get("phrase")),
		})
	}
	// A second cookie, which a subdomain has set, would come with the new one again.
	if guests := s.allSessions(c); len(guests) > 1 {
		if err := s.end(c, guests); err != nil {
			return err
		}
	}
	c.SetCookie(s.keys.Cookie(session.New(user), s.now(), s.origin(c)))
	if next == "" {
		next = indexPath
	}
	return redirect(c, http.StatusSeeOther, next)
}

// checkPhrase says what is wrong with the phrase, and the status of the answer. A guest with a
// session has known it. A class that must wait is not told whether the phrase is right.
func (s *Site) checkPhrase(c echo.Context, typed string) (status int, problem string) {
	if !s.asksPhrase(c) {
		return 0, ""
	}
	now, l := s.now(), s.language(c)
	class := s.classes.Of(c.Request(), now)
	if wait := s.wrong.wait(class, now); wait > 0 {
		seconds := secondsUp(wait)
		c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
		return http.StatusTooManyRequests, l.Text("phrase.too_often", "n", seconds)
	}
	if s.phrase.Is(typed) {
		return 0, ""
	}
	s.wrong.add(class, now)
	return http.StatusUnprocessableEntity, l.Text("phrase.wrong")
}

func (s *Site) asksPhrase(c echo.Context) bool {
	_, known := s.session(c)
	return s.phrase != nil && !known
}

// refuseName returns an error if Redis is nearly full and nobody in the list of guests has this
// name, nor the guest's own session.
func (s *Site) refuseName(c echo.Context, user name.User) error {
	if s.capacity.Step() < capacity.NoNewNames {
		return nil
	}
	if guest, ok := s.session(c); ok && guest.User.Key() == user.Key() {
		return nil
	}
	lists, err := s.lists.read(c.Request().Context(), s.presence, s.now())
	if s.health.observe(err) == nil && slices.ContainsFunc(lists.Users, func(l recent.Line) bool { return l.Key == user.Key() }) {
		return nil
	}
	return s.capacity.Refuse(capacity.NoNewNames)
}

// errSignOut says that the browser has forgotten its session, but that Redis may not have
// stored its end.
var errSignOut = errors.New("session not ended everywhere")

// signOut answers POST /signout/.
func (s *Site) signOut(c echo.Context) error {
	guests := s.allSessions(c)
	c.SetCookie(session.Forget(s.origin(c)))
	c.Set(sessionKey, session.Session{})
	if err := s.end(c, guests); err != nil {
		return fmt.Errorf("%w: %w", errSignOut, err)
	}
	return redirect(c, http.StatusSeeOther, signInPath)
}

// allSessions returns all sessions of the request, several if a subdomain has set one of them.
func (s *Site) allSessions(c echo.Context) []session.Session {
	return slices.Collect(s.sessions.All(c.Request(), s.now(), s.origin(c)))
}

// end ends sessions, also for a guest who does not wait for the answer.
func (s *Site) end(c echo.Context, guests []session.Session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), s.harakiri)
	defer cancel()
	for _, guest := range guests {
		if err := s.health.observe(s.sessions.End(ctx, guest)); err != nil {
			return err
		}
	}
	return nil
}

// forGuests answers guests with 503 until it is known which sessions have ended, which a
// process that starts without Redis does not know. Requests beyond maxBusy wait.
func (s *Site) forGuests(h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		select {
		case s.busy <- struct{}{}:
			defer func() { <-s.busy }()
		case <-c.Request().Context().Done():
			return c.Request().Context().Err()
		}
		if _, ok := s.session(c); ok && !(s.sessions.Known() && s.mutes.Known()) {
			return fmt.Errorf("%w: ended sessions and mutes have not been read", redisconn.ErrUnavailable)
		}
		return h(c)
	}
}

func (s *Site) showSignIn(c echo.Context, status int, p page.SignIn) error {
	p.Room = roomIn(p.Next)
	p.Base, p.Phrase = s.base(c, p.Room), s.asksPhrase(c)
	p.Here = signInAddress(p.Next)
	if p.Base.User == "" {
		p.Offer = s.offer(c)
	}
	return s.render(c, status, p)
}

// roomIn returns the name of the room in a local path, "" if there is none.
func roomIn(path string) string {
	escaped, ok := strings.CutPrefix(path, "/chat/")
	if !ok {
		return ""
	}
	room, _, _ := name.ParseRoomPath(escaped)
	return room.String()
}

// nameProblem says why a name is refused.
func nameProblem(l *text.Language, err error) string {
	switch {
	case errors.Is(err, name.ErrEmpty):
		return l.Text("name.empty")
	case errors.Is(err, name.ErrInvisible):
		return l.Text("name.invisible")
	case errors.Is(err, name.ErrTooLong):
		return l.Text("name.too_long", "n", name.MaxClusters)
	case errors.Is(err, name.ErrSlash):
		return l.Text("name.slash")
	case errors.Is(err, name.ErrDots):
		return l.Text("name.dots")
	case errors.Is(err, name.ErrMarks):
		return l.Text("name.marks", "n", name.MaxMarks)
	case errors.Is(err, refuse.Error):
		return l.Text("name.refused")
	default:
		return l.Text("name.character")
	}
}
