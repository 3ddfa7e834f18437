package browser_test

import (
	"slices"
	"strings"
	"testing"

	"chatter/supervisor/test/fixture"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// withoutScripts opens a profile in which no page may run a script, and signs in there.
func withoutScripts(t *testing.T, w *whole, name string) *tab {
	t.Helper()
	b := newProfile(t, w, name)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.open("/")
	b.signIn()
	return b
}

// post says something with the page's form. The log is shown when it returns.
func (b *tab) post(text string) {
	b.Helper()
	n := len(b.log())
	b.do("look at the field", focusOn("#message"))
	b.put(text)
	b.click("#say button")
	b.until("the form has been sent", "document.readyState === 'complete' && document.querySelector('#message').value === ''")
	b.awaitLog(n + 1)
}

func TestWithoutScripts_ReadSayReload(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Plain 🍞"
	cat := withoutScripts(t, w, "Cat")
	dan := newGuest(t, w, "Dan")

	fixture.Await(t, "Dan's name is there", func() bool {
		cat.reload() // Nothing comes by itself.
		return value[bool](cat, "document.querySelector('#users').innerText.includes('Dan')")
	})
	dan.until("Cat's name is there", "document.querySelector('#users').innerText.includes('Cat')")

	cat.do("look at the room field", focusOn("#room"))
	cat.put(room)
	cat.click("#enter button")
	cat.until("Cat is in the room", "document.querySelector('#room')?.dataset.room === "+js(room))
	if hint := value[string](cat, "document.querySelector('#state').innerText"); hint == "" {
		t.Error("nothing tells Cat to reload")
	}
	dan.openRoom(room)

	dan.say("hello from a script")
	dan.awaitLog(1)
	cat.awaitLog(1) // By itself, and the page stays as it is.

	want := []string{"hello from a script"}
	for _, text := range []string{"<script>alert(1)</script>", "سطران\nاثنان", "🇫🇷 & <b>"} {
		cat.post(text)
		want = append(want, text)
		if seen := texts(dan.awaitLog(len(want))); !slices.Equal(seen, want) {
			t.Errorf("Dan sees %q, want %q", seen, want)
		}
	}
	// The address is the room's: a reload asks for the log and posts nothing again.
	cat.reload()
	// The log is away while it comes anew, so it is read once, when all is there.
	seen, others := cat.awaitLog(len(want)), dan.log()
	if !slices.EqualFunc(seen, others, func(a, b message) bool { return a.ID == b.ID && a.Text == b.Text }) || !slices.Equal(texts(seen), want) {
		t.Errorf("Cat sees %v, Dan %v, want %q", seen, others, want)
	}

	// The page says what is wrong, and the status says that something is.
	cat.allow(`status of 422 .*/chat/`)
	cat.do("look at the field", focusOn("#message"))
	cat.put(" \n ")
	cat.click("#say button")
	cat.until("an empty message is refused", "document.querySelector('#say-problem')?.innerText")
	dan.awaitLog(len(want))
	cat.look("room without scripts refused")

	shown := "document.querySelector('#about').checkVisibility()"
	cat.click("#dots")
	cat.until("the sheet is open", shown)
	cat.look("room about without scripts")
	cat.click("#close")
	cat.until("the sheet is closed", "!"+shown)
	cat.signOut()
	cat.until("Cat is asked for a name", "location.pathname === '/' && document.readyState === 'complete' && !document.querySelector('.account')")
}

// holdStill follows the link of a log that comes anew by itself. The log may come at any
// moment, and the click be lost with the one before: each is clicked once.
func (b *tab) holdStill(document string) {
	b.Helper()
	b.until("the log holds still", `((log) => {
		if (!log.location.pathname.endsWith('/log/')) return false; // a page before it
		if (log.readyState === 'complete' && log.querySelector('#log') && !log.querySelector('meta[http-equiv=refresh]')) return true;
		const link = Array.from(log.querySelectorAll('.edge a')).at(-1);
		if (link && !link.dataset.clicked) {
			link.dataset.clicked = 'yes';
			link.click();
		}
		return false;
	})(`+document+`)`)
}

const framed = "document.querySelector('.log-frame').contentDocument"

func TestWithoutScripts_TheLogGoesOnBesideAHalfTypedMessage(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Frame"
	seed(t, w, room, prose(120))
	cat := withoutScripts(t, w, "Cat")
	cat.allow(awayNotes...)
	cat.open(roomPath(room))
	cat.until("the log is there", framed+".querySelectorAll('#log > li.message').length === 50")
	if copies := value[int](cat, "Array.from(document.querySelectorAll('.message')).filter((row) => row.checkVisibility()).length"); copies != 0 {
		t.Errorf("%d messages stand beside the frame", copies)
	}
	if rest := value[float64](cat, "innerHeight - document.querySelector('#say').getBoundingClientRect().bottom"); rest < 0 || rest > 1 {
		t.Errorf("%v pixels are left below the field", rest)
	}
	inSight := "(() => { const row = " + framed + ".querySelector('#log').lastElementChild.getBoundingClientRect(); return row.top >= 0 && row.bottom <= " + framed + ".documentElement.clientHeight; })()"
	cat.until("the newest is in sight", inSight)

	others := newCrowd(t, w, room)
	cat.do("look at the field", focusOn("#message"))
	cat.put("half a sen")
	others.say("one")
	cat.until("it comes by itself, in sight", framed+".querySelector('#log')?.lastElementChild.innerText.includes('one') && "+inSight)
	if typed := value[string](cat, field+".value"); typed != "half a sen" {
		t.Errorf("%q is left of what was typed", typed)
	}
	cat.look("room without scripts")

	// A reader further up asks the log to hold still, and the log does not move.
	cat.holdStill(framed)
	// The line below it leaves a long message no room on a screen as small as this one.
	cat.until("it holds still where it was", strings.Replace(inSight, "row.top >= 0", "row.bottom > 0", 1))

	// Back to the beginning, and forward again, while nothing moves.
	const firstLine = "(" + framed + ".querySelector('#log p')?.textContent ?? '').trim()"
	cat.until("the beginning is there, after all older parts", `((log) => {
		if (log.readyState !== 'complete' || !log.querySelector('#log p')) return false;
		if (`+firstLine+` === 'line 0') return true;
		const link = log.querySelector('.edge a');
		if (link && !link.dataset.clicked) {
			link.dataset.clicked = 'yes';
			link.click();
		}
		return false;
	})(`+framed+`)`)
	if begins := value[string](cat, framed+".querySelector('.edge').innerText"); begins != "The log begins here. A room keeps about its newest 1,000 messages, none for longer than 24 hours." {
		t.Errorf("at the beginning: %q", begins)
	}
	value[bool](cat, "(Array.from("+framed+".querySelectorAll('.edge a')).at(-1).click(), true)")
	cat.until("the newest is there again", framed+".querySelector('#log')?.lastElementChild.innerText.includes('one')")

	// The pages' server goes and comes back: the frame finds it by itself.
	cat.ctl("stop", "httpd:*")
	cat.until("nginx says what it waits for", framed+".querySelector('h1')?.innerText === 'Back in a moment'")
	cat.ctl("start", "httpd:*")
	others.say("two")
	cat.until("the log is back", framed+".querySelector('#log')?.lastElementChild.innerText.includes('two')")
	if typed := value[string](cat, field+".value"); typed != "half a sen" {
		t.Errorf("%q is left of what was typed", typed)
	}
	// The frame is out of the way of what was said by the form.
	cat.click("#say button")
	cat.until("it is said", framed+".querySelector('#log')?.lastElementChild.innerText.includes('half a sen')")

	// axe does not look into frames. It would object to the log that comes anew by itself,
	// which nothing else can do without scripts; who minds has it hold still.
	cat.open(roomPath(room) + "log/")
	cat.holdStill("document")
	cat.look("log frame holding still")
	phone := sizes[0]
	cat.do("resize", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	if texts := value[[]string](cat, underTools); len(texts) > 0 {
		t.Errorf("under their tools, or impossible to copy: %q", texts)
	}
}

// underTools are the messages that lie under their tools, or that no finger can select.
const underTools = `Array.from(document.querySelectorAll('.message'), (row) => {
	const text = row.querySelector('p');
	const [a, b] = [text, row.querySelector('.tools')].map((e) => e.getBoundingClientRect());
	const over = b.top < a.bottom && b.bottom > a.top && b.left < a.right && b.right > a.left;
	return over || getComputedStyle(text).userSelect === 'none' ? text.innerText : '';
}).filter(Boolean)`
