package web

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"chatter/httpd/internal/page"
	"chatter/httpd/internal/text"
	"chatter/shared/capacity"
	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/recent"
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
	form, l := c.Request().PostForm, s.language(c)
	p := page.SignIn{Typed: typed(form.Get("user")), PhraseTyped: typed(form.Get("phrase"))}
	p.Next, _ = localPath(form.Get("next"))
	user, err := name.ParseUser(cmp.Or(form.Get("user"), form.Get("offer")))
	if err == nil && s.Refused.User(user) {
		err = refuse.Error
	}
	if err != nil {
		p.Problem = nameProblem(l, err)
		return s.showSignIn(c, http.StatusUnprocessableEntity, p)
	}
	if status, problem := s.checkPhrase(c, form.Get("phrase")); problem != "" {
		p.PhraseTyped, p.PhraseProblem = "", problem
		return s.showSignIn(c, status, p)
	}
	if s.refuseName(c, user) != nil {
		retryAfter(c, capacity.RetryAfter())
		p.Problem = l.Text("name.full")
		return s.showSignIn(c, http.StatusServiceUnavailable, p)
	}
	if wait := s.Limiter.SignIn(s.Classes.NetworkOf(c.Request()), s.now()); wait > 0 {
		p.Problem = l.Text("signin.too_often", "n", retryAfter(c, wait))
		return s.showSignIn(c, http.StatusTooManyRequests, p)
	}
	// A second cookie, which a subdomain has set, would come with the new one again.
	if guests := s.allSessions(c); len(guests) > 1 {
		if err := s.endSessions(c, guests); err != nil {
			return err
		}
	}
	c.SetCookie(s.Keys.Cookie(session.New(user), s.now(), s.origin(c)))
	return c.Redirect(http.StatusSeeOther, cmp.Or(p.Next, indexPath))
}

// wrongPhraseRate is of one address class. A school behind one address mistypes a few; a
// botnet of a thousand addresses guesses six million phrases in a year, and a phrase of two
// random words has as many.
var wrongPhraseRate = limits.Rate{Burst: 20, PerSecond: 1.0 / 5}

// checkPhrase says what is wrong with the phrase, and the status of the answer. A guest with a
// session has known it. A class that must wait is not told whether the phrase is right.
func (s *Site) checkPhrase(c echo.Context, typed string) (status int, problem string) {
	if !s.asksPhrase(c) {
		return 0, ""
	}
	now, l := s.now(), s.language(c)
	class := s.Classes.Of(c.Request(), now)
	if wait := s.wrongPhrases.Wait(class, now); wait > 0 {
		return http.StatusTooManyRequests, l.Text("phrase.too_often", "n", retryAfter(c, wait))
	}
	if s.Phrase.Is(typed) {
		return 0, ""
	}
	s.wrongPhrases.Fail(class, now)
	return http.StatusUnprocessableEntity, l.Text("phrase.wrong")
}

func (s *Site) asksPhrase(c echo.Context) bool {
	_, known := s.session(c)
	return s.Phrase != nil && !known
}

// refuseName returns an error if Redis is nearly full and nobody in the list of guests has this
// name, nor the guest's own session.
func (s *Site) refuseName(c echo.Context, user name.User) error {
	if s.Capacity.Step() < capacity.NoNewNames {
		return nil
	}
	if guest, ok := s.session(c); ok && guest.User.Key() == user.Key() {
		return nil
	}
	lists, err := s.recentLists(c)
	if err == nil && slices.ContainsFunc(lists.Users, func(l recent.Line) bool { return l.Key == user.Key() }) {
		return nil
	}
	return s.Capacity.Refuse(capacity.NoNewNames)
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

// offer returns a name for a guest who enters none: that of the form that was sent, or any.
func (s *Site) offer(c echo.Context) string {
	if user, err := name.ParseUser(c.Request().PostForm.Get("offer")); err == nil && !s.Refused.User(user) {
		return user.String()
	}
	names := s.language(c).Names
	first := rand.IntN(len(names))
	for i := range names {
		user, err := name.ParseUser(names[(first+i)%len(names)])
		if err == nil && !s.Refused.User(user) {
			return user.String()
		}
	}
	return ""
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
