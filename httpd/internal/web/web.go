// Package web is what a guest's browser asks for: the sign-in form, the index,
// the rooms with their history, and the assets. It must not know sockets, nor
// how Redis keeps what is said.
//
// Nothing that a page shows depends on who said what. So no handler here may
// use the session for anything but the name in the page's corner, the flood
// limit and the recents; and saying something never touches the recents.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// roomLog is what the pages need of the rooms' logs.
type roomLog interface {
	Append(ctx context.Context, room name.Room, nonce wire.Nonce, text wire.Text) (roomlog.Stored, error)
	Newest(b *redisconn.Batch, room name.Room, n int) *roomlog.Page
	Before(ctx context.Context, room name.Room, before wire.ID, n int) (roomlog.Page, error)
}

// recents is what the pages need of the recent users and rooms.
type recents interface {
	Touch(b *redisconn.Batch, user name.User, room name.Room, now time.Time)
	Lists(b *redisconn.Batch, n int, now time.Time) *recent.Lists
}

// Config is what a Site is made of. Every field must be set.
type Config struct {
	Redis    *redisconn.Client
	Log      *roomlog.Log
	Recents  *recent.Recents
	Keys     *session.Keys
	Limiter  *session.Limiter
	Logger   *slog.Logger
	Access   *slog.Logger  // gets a line for each request
	Harakiri time.Duration // a request's time limit
}

// Site answers the requests of the public. It is safe for concurrent use.
type Site struct {
	redis    *redisconn.Client
	log      roomLog
	recents  recents
	keys     *session.Keys
	limiter  *session.Limiter
	logger   *slog.Logger
	access   *slog.Logger
	harakiri time.Duration
	now      func() time.Time

	embeds
	metrics *metrics
	memory  memory
	seen    seen
	recent  readyIndex
	rooms   readyRooms
	origins *http.CrossOriginProtection
	echo    *echo.Echo
}

// embeds is what is made of the embedded files. It is read-only.
type embeds struct {
	languages *languages
	assets    *assets
	views     *views
}

func loadEmbeds() (e embeds, err error) {
	texts, err := newTexts(embedded)
	if err != nil {
		return e, fmt.Errorf("load texts: %w", err)
	}
	e.languages = newLanguages(texts)
	if e.assets, err = newAssets(embedded, "static", texts); err != nil {
		return e, fmt.Errorf("load assets: %w", err)
	}
	if e.views, err = newViews(embedded, texts); err != nil {
		return e, fmt.Errorf("load templates: %w", err)
	}
	return e, nil
}

// New makes a Site. An error means that what is embedded does not fit the code.
func New(c Config) (*Site, error) {
	e, err := loadEmbeds()
	if err != nil {
		return nil, err
	}
	return newSiteOf(c, e), nil
}

func newSiteOf(c Config, e embeds) *Site {
	s := &Site{
		redis:    c.Redis,
		log:      c.Log,
		recents:  c.Recents,
		keys:     c.Keys,
		limiter:  c.Limiter,
		logger:   c.Logger,
		access:   c.Access,
		harakiri: c.Harakiri,
		now:      time.Now,
		embeds:   e,
		metrics:  newMetrics(),
		origins:  http.NewCrossOriginProtection(),
		echo:     echo.New(),
	}
	s.memory = memory{logger: c.Logger, errors: s.metrics.redisErrors}
	s.route()
	return s
}

// ServeHTTP answers one request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Metrics answers the operator's /metrics.
func (s *Site) Metrics() http.Handler { return s.metrics.handler() }

// route lists what surrounds every request, the outermost first, and then every
// address.
func (s *Site) route() {
	s.echo.Use(
		s.observe,       // counts and logs what all the others did
		s.secureHeaders, // before anything can answer
		s.limitTime,
		s.answerErrors, // turns errors and panics into pages, by what became of the time
		s.limitBody,
		s.refuseForeignPosts,
	)

	s.read("/", s.signIn)
	s.echo.POST("/index/", s.signInPost)
	s.echo.POST("/signout/", s.signOut)
	s.read("/index/", s.index)
	s.read("/chat/", s.enter)
	s.read("/chat/:room/", s.room)
	s.echo.POST("/chat/:room/", s.say)
	s.read(historyRoute, s.history)
	s.read("/chat/:room/log/", s.logFrame)
	s.read("/chat/:room/qr/", s.qrCode)

	s.read("/index", addSlash)
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

// read routes what may be asked for any number of times. HEAD is answered as
// GET is; net/http leaves the body out.
func (s *Site) read(path string, h echo.HandlerFunc) {
	s.echo.GET(path, h)
	s.echo.HEAD(path, h)
}
