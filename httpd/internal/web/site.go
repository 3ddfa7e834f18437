// Package web answers the requests of browsers: sign-in, the index, the rooms with their
// history, and the static files. It knows neither WebSockets nor Redis commands.
//
// No page depends on the author of a message. Handlers use the session only for the
// guest's name on the page, the limits and the list of users, and saying something
// never changes the list of users.
package web

import (
	"context"
	"fmt"
	"iter"
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

// sessions finds the session of a request and ends it.
type sessions interface {
	FromRequest(r *http.Request, now time.Time, site origin.Origin) (session.Session, error)
	// All yields all sessions of a request, also where FromRequest refuses several.
	All(r *http.Request, now time.Time, site origin.Origin) iter.Seq[session.Session]
	// Known reports whether it is known which sessions have ended.
	Known() bool
	End(ctx context.Context, s session.Session) error
}

// authors knows which authors are muted.
type authors interface {
	Known() bool
	Muted(session.Author) (left time.Duration, muted bool)
	Stored(author session.Author, room name.Room, id wire.ID)
}

// Config holds the parts of a Site. Every field but Phrase, Refused, Public, Capacity and Limiter must be set.
type Config struct {
	Redis      *redisconn.Client
	Log        *roomlog.Log
	Presence   *recent.Presence
	Keys       *session.Keys
	Sessions   *orders.Sessions
	Mutes      *mutes.Mutes
	Phrase     *session.Phrase // that a guest must know who signs in; nil = none
	Refused    *refuse.Names   // that are not admitted; nil = none
	Classes    *limits.Classes
	Orders     orderer
	Moderators *moderation.Moderators
	Reports    *moderation.Reports
	Public     origin.Origin         // of the site; may be zero: then each request tells it
	Capacity   *capacity.Watch       // may be nil: then Redis is never full
	Limiter    *limits.Limiter       // nil for no limits
	Metrics    prometheus.Registerer // gets those of the Site
	Logger     *slog.Logger
	Access     *slog.Logger  // gets a line for each request
	Harakiri   time.Duration // time limit of a request
	Retention  time.Duration // how long Log keeps a message
	Interval   time.Duration // after which Presence publishes new lists
	Marks      time.Duration // how long Mutes keeps the mark of an author
}

// Site answers public requests. It is safe for concurrent use.
type Site struct {
	redis      *redisconn.Client
	log        roomLog
	presence   presence
	keys       *session.Keys
	sessions   sessions
	mutes      authors
	phrase     *session.Phrase
	refused    *refuse.Names
	wrong      wrongPhrases
	classes    *limits.Classes
	orders     orderer
	moderators *moderation.Moderators
	reports    *moderation.Reports
	public     origin.Origin
	capacity   *capacity.Watch
	limiter    *limits.Limiter
	logger     *slog.Logger
	access     *slog.Logger
	harakiri   time.Duration
	interval   time.Duration
	now        func() time.Time

	content
	metrics *metrics
	health  *redisHealth
	lists   listCache
	origins *http.CrossOriginProtection
	echo    *echo.Echo
	busy    chan struct{} // holds a token for each request that reads from Redis
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
		redis:      c.Redis,
		log:        c.Log,
		presence:   c.Presence,
		keys:       c.Keys,
		sessions:   c.Sessions,
		mutes:      c.Mutes,
		phrase:     c.Phrase,
		refused:    c.Refused,
		classes:    c.Classes,
		orders:     c.Orders,
		moderators: c.Moderators,
		reports:    c.Reports,
		public:     c.Public,
		capacity:   c.Capacity,
		limiter:    c.Limiter,
		logger:     c.Logger,
		access:     c.Access,
		harakiri:   c.Harakiri,
		interval:   c.Interval,
		now:        time.Now,
		content:    loaded,
		metrics:    m,
		health:     &redisHealth{logger: c.Logger, errors: m.redisErrors},
		origins:    http.NewCrossOriginProtection(),
		echo:       echo.New(),
		busy:       make(chan struct{}, maxBusy),
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
