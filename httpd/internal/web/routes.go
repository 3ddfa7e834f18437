package web

import (
	"strings"

	"github.com/labstack/echo/v4"
)

const (
	signInPath    = "/"
	indexPath     = "/index/"
	signOutPath   = "/signout/"
	languagePath  = "/language/"
	sharePath     = "/share/"
	moderatorPath = "/moderator/"
	roomRoute     = "/chat/:room/"
	historyRoute  = roomRoute + "messages/"
	manifestPath  = "/manifest.webmanifest"
)

// route adds the middleware, the outermost first, and all addresses.
func (s *Site) route() {
	s.echo.Use(
		s.observe,       // sees the status that the others made
		s.secureHeaders, // before any response
		s.limitTime,
		s.answerErrors, // inside limitTime: it tells a request that ran out of time
		checkHost,
		s.limitBody,
		s.refuseForeignPosts,
	)

	s.read(signInPath, s.signIn)
	s.echo.POST(indexPath, s.signInPost)
	s.echo.POST(signOutPath, s.signOut)
	s.echo.POST(languagePath, s.chooseLanguage)
	s.read(indexPath, s.forGuests(s.index))
	s.read("/privacy/", s.privacy)
	s.read(sharePath, s.forGuests(s.share))
	s.read("/chat/", s.forGuests(s.enter))

	s.read(roomRoute, s.forGuests(s.inRoom(s.room)))
	s.echo.POST(roomRoute, s.forGuests(s.inRoom(s.say)))
	s.read(historyRoute, s.forGuests(s.inRoom(s.history)))
	s.read(roomRoute+"log/", s.forGuests(s.inFrame(s.inRoom(s.logFrame))))
	s.echo.POST(roomRoute+"report/", s.forGuests(s.inRoom(s.report)))
	s.echo.POST(roomRoute+"moderate/", s.inFrame(s.inRoom(s.moderate)))
	s.read(roomRoute+"qr/", s.inRoom(s.qrCode))

	s.read(moderatorPath, s.moderator)
	s.echo.POST(moderatorPath, s.moderatorPost)

	s.read("/static/:digest/*", s.static)
	s.read("/favicon.ico", s.fixed("icon.svg"))
	s.read("/worker.js", s.fixed("worker.js"))
	s.read("/robots.txt", robots)
	s.read(manifestPath, s.manifest)
}

// read adds an address for GET and HEAD. Both run the same handler; net/http leaves out
// the body for HEAD. The address without its last slash redirects to it.
func (s *Site) read(path string, h echo.HandlerFunc) {
	s.echo.GET(path, h)
	s.echo.HEAD(path, h)
	if short := strings.TrimSuffix(path, "/"); short != path && short != "" {
		s.echo.GET(short, addSlash)
		s.echo.HEAD(short, addSlash)
	}
}
