package web

import (
	"fmt"
	"net/http"

	"chatter/httpd/internal/moderation"
	"chatter/httpd/internal/page"

	"github.com/labstack/echo/v4"
)

const moderatorPath = "/moderator/"

// moderator answers GET /moderator/?token=T, the link of chatterctl, with a button: programs
// that look at a link before it is opened must not spend it. Without a token it shows a
// moderator what guests have reported.
func (s *Site) moderator(c echo.Context) error {
	l := s.language(c)
	p := page.Moderator{Base: s.base(c, l.Say("moderator.title")), Token: typed(c.QueryParam("token"))}
	switch {
	case p.Token != "":
	case s.moderates(c):
		return s.showReports(c, p)
	default:
		return s.showSpent(c, p)
	}
	return s.render(c, http.StatusOK, p)
}

// moderatorPost answers POST /moderator/: it spends a link, or makes the browser forget that
// it may moderate.
func (s *Site) moderatorPost(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	form := c.Request().PostForm
	if form.Has("leave") {
		c.SetCookie(moderation.ForgetCookie(s.origin(c).Secure()))
		return redirect(c, http.StatusSeeOther, indexPath)
	}
	spent, err := s.moderators.Spend(c.Request().Context(), form.Get("token"))
	if s.health.observe(err) != nil {
		return fmt.Errorf("spend link: %w", err)
	}
	if !spent {
		return s.showSpent(c, page.Moderator{Base: s.base(c, s.language(c).Say("moderator.title"))})
	}
	c.SetCookie(s.moderators.Cookie(s.now(), s.origin(c).Secure()))
	return redirect(c, http.StatusSeeOther, indexPath)
}

// showSpent says that a link is wrong, or spent, or too old.
func (s *Site) showSpent(c echo.Context, p page.Moderator) error {
	p.Spent = true
	return s.render(c, http.StatusGone, p)
}

func (s *Site) showReports(c echo.Context, p page.Moderator) error {
	list, err := s.reports.List(c.Request().Context())
	if s.health.observe(err) != nil {
		return fmt.Errorf("read reports: %w", err)
	}
	l := s.language(c)
	p.Notice = noticeIn(c, l)
	for _, r := range list[:min(len(list), maxShownReports)] {
		p.Reports = append(p.Reports, page.Report{
			Room: r.Room, Path: r.Path, ID: r.ID, Text: r.Text,
			Count: l.Say("moderator.count", "n", r.Reports), Classes: l.Say("moderator.classes", "n", r.Classes),
		})
	}
	return s.render(c, http.StatusOK, p)
}

// maxShownReports is how many reported messages the page lists; chatterctl lists all.
const maxShownReports = 100
