// Package web answers the requests of browsers: sign-in, the index, the rooms with their
// history, and the static files. It knows neither WebSockets nor Redis commands.
//
// No page depends on the author of a message. Handlers use the session only for the
// guest's name on the page, the limits and the list of users, and saying something
// never changes the list of users.
//
// The way of a request for a room's page, GET /chat/NAME/:
//
//	middleware.go  observe → secureHeaders (headers.go) → limitTime → answerErrors → checkHost
//	               (headers.go) → limitBody → refuseForeignPosts → forGuests → inRoom, which
//	               parses the room's name
//	room.go        room sends a guest without a session (session.go) to the sign-in form;
//	               visit (visit.go) notes that the guest is here;
//	               newestMessages asks Redis for the newest entry and takes the rendered list
//	               from package page if that is its last, or else reads and renders 50 entries;
//	               renderRoom puts the list into a page.Room
//	render.go      base adds the guest's name and the language; render sends the page
//
// An error goes back to answerErrors, which answers with its page (errors.go). A message, POST
// /chat/NAME/, takes the same way to say (say.go), which stores it and redirects to the room.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"chatter/httpd/internal/assets"
	"chatter/httpd/internal/moderation"
	"chatter/httpd/internal/page"
	"chatter/httpd/internal/text"
	"chatter/shared/capacity"
	"chatter/shared/limits"
	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/origin"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/refuse"
	"chatter/shared/roomlog"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// roomLog reads and appends to the rooms' logs.
type roomLog interface {
	Append(ctx context.Context, room name.Room, nonce wire.Nonce, text wire.Text) (wire.Stored, error)
	Newest(b *redisconn.Batch, room name.Room, n int) *roomlog.Page
	Before(ctx context.Context, room name.Room, before wire.ID, n int) (roomlog.Page, error)
	After(ctx context.Context, room name.Room, id wire.ID, n int) (entries []wire.Entry, gap bool, err error)
	Removed(ctx context.Context, room name.Room, id wire.ID) ([]wire.Removal, error)
	At(b *redisconn.Batch, room name.Room, id wire.ID) *roomlog.Page
	Expired(id wire.ID) bool
}

// presence collects who is here and which rooms are used, and reads the lists of both.
type presence interface {
	Visit(name.User, limits.Class)
	Used(name.Room, limits.Class)
	Read(context.Context) (*recent.Lists, error)
}

// Config holds the parts of a Site. Every field must be set but those that may be nil or zero.
type Config struct {
	Redis    *redisconn.Client
	Log      roomLog
	Presence presence
	Keys     *session.Keys
	Sessions *orders.Sessions
	Mutes    *mutes.Mutes
	Capacity *capacity.Watch // nil: Redis is never full

	Classes *limits.Classes
	Limiter *limits.Limiter // nil: no limits

	Orders     orderer
	Moderators *moderation.Moderators
	Reports    *moderation.Reports

	Metrics prometheus.Registerer // gets those of the Site
	Logger  *slog.Logger
	Access  *slog.Logger // gets a line for each request

	Public    origin.Origin   // of the site; zero: each request tells it
	Phrase    *session.Phrase // that a guest must know to sign in; nil: none
	Refused   *refuse.Names   // names that are not admitted; nil: none
	Harakiri  time.Duration   // time limit of a request
	Retention time.Duration   // how long Log keeps a message
	Marks     time.Duration   // how long Mutes keeps the mark of an author
	Interval  time.Duration   // after which Presence publishes new lists
}

// Site answers public requests. It is safe for concurrent use.
type Site struct {
	Config
	content
	wrongPhrases *limits.Tries
	qrCodes      *limits.Tries // each code counts
	metrics      *metrics
	health       *redisHealth
	lists        listCache
	origins      *http.CrossOriginProtection
	echo         *echo.Echo
	busy         *busy
	now          func() time.Time
}

// content is made from the embedded files.
type content struct {
	languages *text.Chooser
	assets    *assets.Assets
	pages     *page.Pages
}

// kept is how long things are kept on a site with this retention.
func kept(retention, marks time.Duration) page.Kept {
	return page.Kept{Message: retention, Name: min(retention, recent.MaxKeep), Session: session.Lifetime, Mark: marks, Moderator: moderation.CookieLife}
}

func loadContent(retention, marks time.Duration) (c content, err error) {
	languages, err := text.Load()
	if err != nil {
		return c, fmt.Errorf("load texts: %w", err)
	}
	c.languages = text.NewChooser(languages)
	if c.assets, err = assets.Load(languages); err != nil {
		return c, fmt.Errorf("load assets: %w", err)
	}
	if c.pages, err = page.New(c.assets, languages, kept(retention, marks)); err != nil {
		return c, fmt.Errorf("load templates: %w", err)
	}
	return c, nil
}

// New returns a Site. An error means that the embedded files do not fit the code.
func New(c Config) (*Site, error) {
	loaded, err := loadContent(c.Retention, c.Marks)
	if err != nil {
		return nil, err
	}
	return newSiteWith(c, loaded), nil
}

func newSiteWith(c Config, loaded content) *Site {
	m := newMetrics(c.Metrics, loaded.pages.CacheBytes)
	s := &Site{
		Config:       c,
		content:      loaded,
		wrongPhrases: limits.NewTries(wrongPhraseRate),
		qrCodes:      limits.NewTries(qrRate),
		metrics:      m,
		health:       &redisHealth{logger: c.Logger, errors: m.redisErrors},
		origins:      http.NewCrossOriginProtection(),
		echo:         echo.New(),
		busy:         newBusy(),
		now:          time.Now,
	}
	if c.Public != (origin.Origin{}) {
		// A proxy in front of nginx may have replaced the Host that the forms' Origin is
		// compared with.
		if err := s.origins.AddTrustedOrigin(c.Public.String()); err != nil {
			panic(err) // package origin makes no malformed ones
		}
	}
	s.route()
	return s
}

// ServeHTTP answers one request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Forget drops what is cached of the room with this key, because messages of it were removed.
func (s *Site) Forget(key string) { s.pages.Forget(key, s.now()) }
