package unsigned_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/test/fixture"
)

// listener is the third guest. It keeps all that its browser gets, in order.
type listener struct {
	*guest
	events, classic, index *socket
	heard                  int // messages
	got                    []string
}

func listen(g *guest) *listener {
	g.t.Helper()
	l := &listener{guest: g}
	l.awaitIndex(elsewhere + " 2")
	l.events = g.open(socketPath+"?since=0", wire.Subprotocol)
	l.keep("socket", l.events.frame())
	l.classic = g.open(socketPath)
	l.index = g.open("/ws/index/", wire.Subprotocol)
	frame := l.index.frame()
	for !strings.Contains(frame, elsewhere+" 2") { // lists from before makeOld
		frame = l.index.frame()
	}
	l.keep("index socket", frame)
	l.look()
	return l
}

func (l *listener) keep(what, text string) { l.got = append(l.got, what+": "+l.blank(text)) }

// hear takes the frames of all messages up to the nth, from both sockets.
func (l *listener) hear(n int) {
	l.t.Helper()
	for ; l.heard < n; l.heard++ {
		l.keep("socket", l.events.frame())
		l.keep("classic socket", l.classic.frame())
	}
}

// look asks for what says most.
func (l *listener) look() {
	l.t.Helper()
	for _, path := range []string{"/index/", roomPath + "messages/", roomPath + "messages/?limit=2"} {
		l.keep(path, show(l.get(path).want(http.StatusOK)))
	}
}

// end makes a change of the recents that everybody sees, so that whatever came before
// it on the index's socket is known to be all, says a last word, and looks once more.
func (l *listener) end(k *talk) {
	l.t.Helper()
	long := time.Now().Truncate(interval).Add(-12 * interval).Unix() // older than all, and not too old to be listed
	k.redis.do("ZADD", "chatter:recent:users", strconv.FormatInt(long, 10), "Zed")
	for {
		frame := l.index.frame()
		l.keep("index socket", frame)
		if strings.Contains(frame, `"Zed"`) {
			break
		}
	}
	l.awaitIndex("Zed")
	k.say(0, "tabasco, the end")
	l.hear(len(k.said))
	l.look()
	l.keep(roomPath, show(l.get(roomPath).want(http.StatusOK)))
	again := l.open(socketPath+"?since=0", wire.Subprotocol)
	for range len(k.said) + 1 {
		l.keep("another socket", again.frame())
	}
	l.keep("/index/", show(l.get("/index/").want(http.StatusOK)))
}

// awaitIndex asks for the index until every process of httpd shows what matches a pattern.
// A process answers with lists that it has read within a second before, so what is asked
// for a second after the first match is newer than that.
func (l *listener) awaitIndex(pattern string) {
	l.t.Helper()
	wanted := regexp.MustCompile(pattern)
	const behind = 1500 * time.Millisecond
	var since time.Time // of the first match after the last page without one
	var page string
	fixture.Await(l.t, "the index shows "+pattern, func() bool {
		asked := time.Now()
		page = l.get("/index/").want(http.StatusOK).body
		if !wanted.MatchString(page) {
			since = time.Time{}
			return false
		}
		if since.IsZero() {
			since = time.Now()
		}
		return asked.Sub(since) >= behind
	}, func() string { return page })
}

// show is an answer as the browser gets it.
func show(a answer) string {
	var b strings.Builder
	fmt.Fprintln(&b, a.status)
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		if name != "Date" {
			fmt.Fprintf(&b, "%s: %q\n", name, a.header[name])
		}
	}
	return b.String() + a.body
}

var (
	blankTime  = regexp.MustCompile(`<time datetime="[^"]*">[^<]*</time>`)
	blankID    = regexp.MustCompile(`\b\d{13}-\d+\b`)
	blankNow   = regexp.MustCompile(`data-now="\d+"`)
	blankNonce = regexp.MustCompile(`name="nonce" value="[^"]*"`)
)

// blank takes out what differs between any two runs: IDs, times, which messages come
// within a minute of each other, the nonce of the form, and where the site is.
func (l *listener) blank(text string) string {
	text = strings.ReplaceAll(text, ` class="message untimed"`, ` class="message"`)
	text = blankTime.ReplaceAllString(text, "TIME")
	text = blankNow.ReplaceAllString(text, "NOW")
	text = blankID.ReplaceAllString(text, "ID")
	text = blankNonce.ReplaceAllString(text, "NONCE")
	return strings.ReplaceAll(text, l.site.Addr(), "SITE")
}
