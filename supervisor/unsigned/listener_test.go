package unsigned_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"chatter/shared/wire"
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
	l.events = g.open(socketPath+"?since=0", wire.Subprotocol)
	l.keep("socket", l.events.frame())
	l.classic = g.open(socketPath)
	l.index = g.open("/ws/index/", wire.Subprotocol)
	l.keep("index socket", l.index.frame())
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

// look asks for what says most and leaves the room where it is in the recents.
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
	k.redis.do("ZADD", "chatter:recent:users", "300", "Zed")
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

// awaitIndex asks for the index, which may be a second behind what others than httpd
// write, until it lists name.
func (l *listener) awaitIndex(name string) {
	l.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); !strings.Contains(l.get("/index/").want(http.StatusOK).body, name); {
		select {
		case <-tick.C:
		case <-late:
			l.t.Fatalf("the index does not list %s", name)
		}
	}
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
	blankNonce = regexp.MustCompile(`name="nonce" value="[^"]*"`)
)

// blank takes out what differs between any two runs: IDs, times, the nonce of the form,
// and where the site is.
func (l *listener) blank(text string) string {
	text = blankTime.ReplaceAllString(text, "TIME")
	text = blankID.ReplaceAllString(text, "ID")
	text = blankNonce.ReplaceAllString(text, "NONCE")
	return strings.ReplaceAll(text, l.site.Addr(), "SITE")
}
