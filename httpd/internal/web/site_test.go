package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/httpd/internal/moderation"
	"chatter/httpd/internal/page"
	"chatter/shared/limits"
	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/origin"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/roomlog"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/PuerkitoBio/goquery"
	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// testSite is a Site on a Redis of its own, behind a real HTTP server.
type testSite struct {
	*Site
	t      testing.TB
	redis  *miniredis.Miniredis
	log    *roomlog.Log
	spy    *presenceSpy
	client *redisconn.Client
	lines  *lockedBuffer // what the site has logged
	base   string
}

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// loadContentOnce loads the embedded files once for all tests: compressing takes long.
var loadContentOnce = sync.OnceValues(func() (content, error) { return loadContent(roomlog.DefaultRetention, time.Hour) })

func newSite(t testing.TB, changes ...func(*Config)) *testSite {
	t.Helper()
	server := miniredis.NewMiniRedis()
	// It is stopped and started again by some tests.
	if err := server.StartAddr(redistest.Address(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	site := newSiteOn(t, "redis://"+server.Addr()+"?max_retries=-1", changes...)
	site.redis = server
	return site
}

// newSiteOn is a site on another Redis than its own.
func newSiteOn(t testing.TB, redis string, changes ...func(*Config)) *testSite {
	t.Helper()
	client, err := redisconn.Open(redis)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	log := roomlog.New(client, roomlog.Options{Patience: hangLimit})
	t.Cleanup(log.Close)
	keys, err := session.ParseKeys([]byte("a key that is long enough for a test"))
	if err != nil {
		t.Fatal(err)
	}
	lines := new(lockedBuffer)
	c := Config{
		Redis:     client,
		Log:       log,
		Presence:  recent.New(client, recent.Options{}),
		Keys:      keys,
		Sessions:  orders.NewSessions(client, "chatter:", keys),
		Mutes:     mutes.New(client, mutes.Options{Prefix: "chatter:", Every: recent.DefaultEvery, Marks: time.Hour, Now: log.Now}),
		Classes:   limits.NewClasses(nil),
		Metrics:   prometheus.NewRegistry(),
		Logger:    slog.New(slog.NewTextHandler(lines, nil)),
		Access:    slog.New(slog.NewTextHandler(lines, nil)),
		Harakiri:  hangLimit,
		Retention: roomlog.DefaultRetention,
		Marks:     time.Hour,
		Interval:  recent.DefaultEvery,
	}
	c.Moderators = moderation.NewModerators(client, "chatter:", keys.Derive("moderator"))
	c.Reports = moderation.NewReports(client, log, moderation.ReportOptions{Prefix: "chatter:", Retention: c.Retention})
	c.Orders = new(fakeOrders)
	for _, change := range changes {
		change(&c)
	}
	follower := orders.Follow(client, "chatter:", c.Logger, map[string]orders.Handler{orders.Ended: c.Sessions, mutes.Kind: c.Mutes})
	t.Cleanup(follower.Close)
	loaded, err := loadContentOnce()
	if err != nil {
		t.Fatal(err)
	}
	if loaded.pages, err = page.New(loaded.assets, languages(t), kept(c.Retention, c.Marks)); err != nil { // with a cache of its own
		t.Fatal(err)
	}
	site := newSiteWith(c, loaded)
	spy := &presenceSpy{presence: c.Presence}
	site.Presence = spy
	front := httptest.NewServer(site)
	t.Cleanup(front.Close)
	return &testSite{Site: site, t: t, log: log, spy: spy, client: client, lines: lines, base: front.URL}
}

// impatient makes the site give a message up at once when Redis does not answer.
func (s *testSite) impatient() {
	log := roomlog.New(s.client, roomlog.Options{Patience: time.Millisecond})
	s.t.Cleanup(log.Close)
	s.Site.Log = log
}

// seen is the site as a browser sees it over a scheme.
func (s *testSite) seen(scheme string) origin.Origin {
	return origin.Origin{Scheme: scheme, Host: strings.TrimPrefix(s.base, "http://")}
}

// say puts a text into a room's log and returns its ID.
func (s *testSite) say(room, text string) wire.ID {
	s.t.Helper()
	parsed, err := wire.ParseText(text)
	if err != nil {
		s.t.Fatal(err)
	}
	stored, err := s.log.Append(context.Background(), mustRoom(s.t, room), wire.NewNonce(), parsed)
	if err != nil {
		s.t.Fatal(err)
	}
	return stored.ID
}

// texts is a room's whole log.
func (s *testSite) texts(room string) []string {
	s.t.Helper()
	b := s.client.Batch()
	page := s.log.Newest(b, mustRoom(s.t, room), 1000)
	if err := b.Run(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	texts := []string{}
	for _, e := range page.Entries {
		texts = append(texts, e.Text)
	}
	return texts
}

// presenceSpy keeps the visits and the used rooms, and counts the reads.
type presenceSpy struct {
	presence
	mu            sync.Mutex
	visited, used []string
	reads         int
}

func (s *presenceSpy) Visit(user name.User, class limits.Class) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visited = append(s.visited, user.String())
	s.presence.Visit(user, class)
}

func (s *presenceSpy) Used(room name.Room, class limits.Class) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = append(s.used, room.String())
	s.presence.Used(room, class)
}

func (s *presenceSpy) Read(ctx context.Context) (*recent.Lists, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.presence.Read(ctx)
}

// take returns what there was since the last call.
func (s *presenceSpy) take() (visited, used []string, reads int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	visited, used, reads = s.visited, s.used, s.reads
	s.visited, s.used, s.reads = nil, nil, 0
	return visited, used, reads
}

// publish puts a name into a list, in an interval that is shown: the newest one, or an
// earlier one. It returns the end of the interval.
func (s *testSite) publish(list, name string, ago time.Duration) (end time.Time) {
	s.t.Helper()
	const every = recent.DefaultEvery
	begin := time.Now().Add(-every - every/50 - ago).Truncate(every)
	if err := s.client.Universal().Do(context.Background(), "ZADD", "chatter:recent:"+list, begin.Unix(), name).Err(); err != nil {
		s.t.Fatal(err)
	}
	return begin.Add(every)
}

// at makes the site's clock stand still.
func (s *testSite) at(now time.Time) { s.Site.now = func() time.Time { return now } }

func mustRoom(t testing.TB, s string) name.Room {
	t.Helper()
	room, err := name.ParseRoom(s)
	if err != nil {
		t.Fatalf("room %q: %v", s, err)
	}
	return room
}

// browser is a guest's browser: it keeps cookies and follows no redirects.
type browser struct {
	t      testing.TB
	base   string
	client *http.Client
}

func (s *testSite) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{t: s.t, base: s.base, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// guest is a browser that has signed in.
func (s *testSite) guest(user string) *browser {
	s.t.Helper()
	b := s.browser()
	b.post("/index/", url.Values{"user": {user}}).want(http.StatusSeeOther)
	return b
}

func (b *browser) get(path string, header ...string) *answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, header...)
}

func (b *browser) post(path string, form url.Values, header ...string) *answer {
	b.t.Helper()
	header = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()), header...)
}

// do sends a request with pairs of header names and values.
func (b *browser) do(method, path string, body io.Reader, header ...string) *answer {
	b.t.Helper()
	r, err := http.NewRequest(method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return &answer{Response: resp, t: b.t, body: string(content)}
}

type answer struct {
	*http.Response
	t    testing.TB
	body string
}

func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Fatalf("%s %s: status %d, want %d\n%s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	return a
}

// wantPage wants an HTML page with the status.
func (a *answer) wantPage(status int) *goquery.Document {
	a.t.Helper()
	a.want(status)
	if got := a.Header.Get("Content-Type"); got != "text/html; charset=UTF-8" {
		a.t.Fatalf("%s: content type %q", a.Request.URL, got)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

func (a *answer) wantRedirect(status int, location string) *answer {
	a.t.Helper()
	a.want(status)
	if got := a.Header.Get("Location"); got != location {
		a.t.Fatalf("%s %s: redirected to %q, want %q", a.Request.Method, a.Request.URL, got, location)
	}
	return a
}

// textOf is the text of what a selector finds, without white space around.
func textOf(doc *goquery.Document, selector string) string {
	return strings.TrimSpace(doc.Find(selector).Text())
}

// all is the text of each element that a selector finds.
func all(doc *goquery.Document, selector string) []string {
	return doc.Find(selector).Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) })
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func mustUser(t testing.TB, s string) name.User {
	t.Helper()
	user, err := name.ParseUser(s)
	if err != nil {
		t.Fatalf("user %q: %v", s, err)
	}
	return user
}
