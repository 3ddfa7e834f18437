package web

import "github.com/labstack/echo/v4"

const (
	signInPath   = "/"
	indexPath    = "/index/"
	signOutPath  = "/signout/"
	languagePath = "/language/"
	sharePath    = "/share/"
	historyRoute = "/chat/:room/messages/"
	manifestPath = "/manifest.webmanifest"
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
		s.refuseRooms,
	)

	s.read("/", s.signIn)
	s.echo.POST("/index/", s.signInPost)
	s.echo.POST(signOutPath, s.signOut)
	s.echo.POST(languagePath, s.chooseLanguage)
	s.read("/index/", s.forGuests(s.index))
	s.read("/privacy/", s.privacy)
	s.read(sharePath, s.forGuests(s.share))
	s.read("/chat/", s.forGuests(s.enter))
	s.read("/chat/:room/", s.forGuests(s.room))
	s.echo.POST("/chat/:room/", s.forGuests(s.say))
	s.read(historyRoute, s.forGuests(s.history))
	s.read("/chat/:room/log/", s.forGuests(s.logFrame))
	s.echo.POST("/chat/:room/report/", s.forGuests(s.report))
	s.echo.POST("/chat/:room/moderate/", s.moderate)
	s.read("/chat/:room/qr/", s.qrCode)

	s.read(moderatorPath, s.moderator)
	s.echo.POST(moderatorPath, s.moderatorPost)

	s.read("/index", addSlash)
	s.read("/privacy", addSlash)
	s.read("/moderator", addSlash)
	s.read("/share", addSlash)
	s.read("/chat", addSlash)
	s.read("/chat/:room", addSlash)
	s.read("/chat/:room/messages", addSlash)
	s.read("/chat/:room/log", addSlash)
	s.read("/chat/:room/qr", addSlash)

	s.read("/static/:digest/*", s.static)
	s.read("/favicon.ico", s.fixed("icon.svg"))
	s.read("/worker.js", s.fixed("worker.js"))
	s.read("/robots.txt", robots)
	s.read(manifestPath, s.manifest)
}

// read adds an address for GET and HEAD. Both run the same handler; net/http leaves out
// the body for HEAD.
func (s *Site) read(path string, h echo.HandlerFunc) {
	s.echo.GET(path, h)
	s.echo.HEAD(path, h)
}
