// Package engines tests the site with other browsers than package browser: an old Chromium,
// Firefox and WebKit. It knows the pages by what a guest finds in them.
package engines_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"chatter/supervisor/lab/npm"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(fixture.Main(m)) }

// packages is the directory of the npm packages.
var packages = sync.OnceValues(func() (string, error) { return npm.Install(context.Background(), "packages") })

// missingPackages skips the test if there is no npm or no registry.
func missingPackages(t *testing.T, err error) {
	t.Helper()
	fixture.Missing(t, "npm cannot install the packages: "+err.Error())
}

func TestEngines(t *testing.T) {
	site := fixture.Start(t, stack.Options{})
	t.Run("served files", func(t *testing.T) { servedFiles(t, site.URL()) })
	for name, begin := range map[string]func(*testing.T, string) driver{"chromium110": chromium, "firefox": firefox, "webkit": webkit} {
		t.Run(name, func(t *testing.T) {
			ann := &guest{t, begin(t, "light"), "Ann", site.URL()}
			ben := &guest{t, begin(t, "dark"), "Ben", site.URL()}
			t.Log(value[string](ann, "navigator.userAgent"))
			ann.signsIn("light")
			ben.signsIn("dark")
			ann.enters("Engine " + name)
			ben.goTo(value[string](ann, "location.pathname.slice(1)"))
			ben.until("the room is live", live)
			talk(ann, ben)
			ann.colours("light")
			ben.colours("dark")
			reconnect(site, ann, ben)
			ann.sheet("dark")
			ben.sheet("light")
			for _, g := range []*guest{ann, ben} {
				if faults := value[[]string](g, "window.faults ?? []"); len(faults) > 0 {
					t.Errorf("%s: faults of scripts: %q", g.name, faults)
				}
			}
		})
	}
}

const live = "document.querySelector('#state')?.dataset.state === 'live'"

func (g *guest) signsIn(theme string) {
	g.Helper()
	g.goTo("")
	g.until("the name is asked for", "document.activeElement.id === 'user'")
	g.colours(theme)
	g.picture("signin-" + theme)
	g.write(g.name + enter)
	g.arrived("document.querySelector('main#index')")
	g.until("the name is in the list", "document.querySelector('#users').textContent.includes("+js(g.name)+")")
	// Either rooms are listed or the text says that there are none.
	g.until("one of two is shown", "(document.querySelectorAll('#rooms li').length > 0) !== (document.querySelector('.empty').getClientRects().length > 0)")
	g.until("the same of guests", "(document.querySelectorAll('#users li').length > 1) !== (document.querySelector('.alone').getClientRects().length > 0)")
	g.colours(theme)
	g.picture("index-" + theme)
}

// enters enters a room by the form of the index.
func (g *guest) enters(room string) {
	g.Helper()
	g.press("#room")
	g.write(room + enter)
	g.arrived("document.querySelector('#room')?.dataset.room === " + js(room))
	g.until("the room is live", live)
	g.until("it says that it is empty", "document.querySelector('.nobody').getClientRects().length > 0")
}

// seen is the log: a message per line, own ones with a star.
const seen = `Array.from(document.querySelectorAll('.log > .message'), (row) => (row.matches('.own') ? '* ' : '') + row.querySelector('p').textContent).join('\n')`

func (g *guest) sees(lines ...string) {
	g.Helper()
	g.until("the messages are there", seen+" === "+js(strings.Join(lines, "\n"))+" && document.querySelector('#outbox').children.length === 0")
}

func talk(ann, ben *guest) {
	ann.Helper()
	ann.say("tea at four?")
	ben.sees("tea at four?")
	ben.say("gladly, see https://example.org/tea")
	ann.sees("* tea at four?", "gladly, see https://example.org/tea")
	ben.sees("tea at four?", "* gladly, see https://example.org/tea")
	for _, g := range []*guest{ann, ben} {
		g.until("the room is not empty", "document.querySelector('.nobody').getClientRects().length === 0")
		g.until("the link is one", "document.querySelector('.message a[href=\"https://example.org/tea\"]')")
		g.until("own messages have a colour and a name", `(([own, other]) => getComputedStyle(own.querySelector('p')).backgroundColor !== getComputedStyle(other.querySelector('p')).backgroundColor
			&& getComputedStyle(own, '::after').content.length > 4)([document.querySelector('.message.own'), document.querySelector('.message:not(.own)')])`)
	}
	ann.picture("room-light")
	ben.picture("room-dark")
}

// reconnect stops the rooms and starts them again. What is said meanwhile waits.
func reconnect(site *stack.Stack, ann, ben *guest) {
	ann.Helper()
	before := []string{"tea at four?", "gladly, see https://example.org/tea"}
	ctl := func(what string) {
		if _, err := site.Ctl(ann.Context(), what, "wsd:*"); err != nil {
			ann.Fatal(err)
		}
	}
	ctl("stop")
	for _, g := range []*guest{ann, ben} {
		g.until("it says so", "document.querySelector('#state').dataset.state === 'reconnecting'")
	}
	ann.say("is somebody there?")
	ann.until("it waits", "document.querySelector('#outbox').children.length === 1")
	ann.picture("reconnecting-light")
	ctl("start")
	for _, g := range []*guest{ann, ben} {
		g.until("the room is live", live)
	}
	ann.sees("* "+before[0], before[1], "* is somebody there?")
	ben.sees(before[0], "* "+before[1], "is somebody there?")
}

// sheet opens and closes the sheet about the room, and chooses another theme in it.
func (g *guest) sheet(theme string) {
	g.Helper()
	const (
		open   = "document.querySelector('#about').getClientRects().length > 0 && document.activeElement.id === 'close'"
		closed = "document.querySelector('#about').getClientRects().length === 0 && document.activeElement.id === 'dots'"
	)
	g.until("the sheet is closed", "document.querySelector('#about').getClientRects().length === 0")
	g.press("#dots")
	g.until("the sheet is open", open)
	g.press("#close")
	g.until("the button closes it", closed)
	g.press("#dots")
	g.until("the sheet is open", open)
	g.until("its settings are there", "!document.querySelector('#settings').hidden")
	g.press("#about [name=theme][value=" + theme + "]")
	g.until("the theme is another", "document.documentElement.dataset.theme === "+js(theme))
	g.colours(theme)
	g.picture("sheet-" + theme)
	g.write(escape)
	g.until("Escape closes it", closed)
	g.colours(theme)
	g.press("#message")
}
