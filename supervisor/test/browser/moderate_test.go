package browser_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// moderatorLink is the path of a new link, as chatterctl gets it from httpd.
func moderatorLink(t *testing.T, w *whole) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", w.Admin("httpd:httpd_0"))
	}}}
	resp, err := client.Post("http://admin/moderation/moderator", "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var link struct{ URL string }
	if err := json.NewDecoder(resp.Body).Decode(&link); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	return link.URL[strings.Index(link.URL, "/moderator/"):]
}

// moderates spends a new link in the guest's browser.
func (b *tab) moderates() {
	b.Helper()
	b.open(moderatorLink(b.T, b.site))
	b.click("main form button")
	b.until("the index is there", "location.pathname === '/index/' && document.readyState === 'complete'")
}

// removes removes the message with this text, as a moderator in its room.
func (b *tab) removes(text string) {
	b.Helper()
	value[bool](b, "("+flagOf("document", text)+".click(), true)")
	b.until("it is asked what to do", "document.querySelector('#moderate[open] blockquote')?.innerText === "+js(text))
	b.click("#moderate[open] [value=remove] + button")
	b.until("it is done", "!document.querySelector('#moderate[open]')")
}

// flagOf is the control of the message with this text.
func flagOf(document, text string) string {
	return "Array.from(" + document + ".querySelectorAll('.log > li.message')).find((row) => row.querySelector('p').textContent === " + js(text) + ").querySelector('.flag')"
}

// awaitTexts waits until the log shows these messages and no others.
func (b *tab) awaitTexts(want ...string) {
	b.Helper()
	b.until("the log has other messages", "JSON.stringify(("+rows+").map(({Text}) => Text)) === JSON.stringify("+js(want)+")")
}

// sourceOf is the source of a page, without what differs each time.
const sourceOf = `fetch(location.href).then((answer) => answer.text()).then((html) => html.replace(/ data-now="\d+"| name="nonce" value="[^"]*"/g, ''))`

func TestModerator_RemovesOnAPhone(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Moderated"
	ann, mia, eve := newGuest(t, w, "Ann"), newGuest(t, w, "Mia"), newGuest(t, w, "Eve")
	ann.openRoom(room)
	for i, text := range []string{"fine", "spam", "fine, too"} {
		ann.say(text)
		ann.awaitLog(i + 1)
	}
	before := await[string](ann, sourceOf)

	link := moderatorLink(t, w)
	mia.open(link)
	mia.look("moderator link")
	mia.click("main form button")
	mia.until("the index is there", "location.pathname === '/index/' && document.readyState === 'complete'")
	mia.look("index of a moderator")
	eve.allow(`status of 410 .*/moderator/`)
	eve.open(link)
	eve.click("main form button")
	eve.until("the link is spent", "document.readyState === 'complete' && document.querySelector('.lead')?.innerText.startsWith('This link does not work')")
	eve.look("moderator link spent")

	mia.openRoom(room)
	ann.say("said live")
	mia.awaitLog(4)
	ann.awaitLog(4)
	if html := await[string](mia, sourceOf); html == await[string](ann, sourceOf) {
		t.Error("a moderator has the page of a guest")
	}
	// By the keyboard: Tab comes to the newest message, and the arrow to the others.
	mia.do("look at the log", focusOn("#scroller"))
	mia.do("press Tab", chromedp.KeyEvent("\t"))
	mia.until("Tab comes to the newest message", "document.activeElement.closest('.message').contains("+flagOf("document", "said live")+")")
	mia.do("press the arrow", chromedp.KeyEvent(kb.ArrowRight))
	mia.until("the arrow leads to its flag", "document.activeElement === "+flagOf("document", "said live"))
	for _, text := range []string{"fine, too", "spam"} {
		mia.do("press the arrow", chromedp.KeyEvent(kb.ArrowUp))
		mia.until("the arrow leads to "+text, "document.activeElement === "+flagOf("document", text))
	}
	mia.enter()
	mia.until("the dialog is open", "document.querySelector('#moderate[open] blockquote')?.innerText === 'spam'")
	if focused := value[string](mia, "document.activeElement.innerText"); focused != "Close" {
		t.Errorf("a second Enter presses %q", focused)
	}
	mia.look("moderate")
	mia.do("press Escape", chromedp.KeyEvent(kb.Escape))
	mia.until("it is closed, and nothing has changed", "!document.querySelector('#moderate[open]') && document.activeElement === "+flagOf("document", "spam"))
	mia.awaitLog(4)
	mia.enter()
	mia.click("#moderate[open] [value=remove] + button")
	for _, b := range []*tab{ann, mia} {
		b.awaitTexts("fine", "fine, too", "said live")
	}
	mia.until("the dialog is closed", "!document.querySelector('#moderate[open]')")

	// Nothing on a guest's page tells that there is a moderator.
	eve.openRoom(room)
	ann.reload()
	if after := await[string](ann, sourceOf); withoutRows(before) != withoutRows(after) {
		t.Errorf("the page of a guest was\n%s\nand is\n%s", before, after)
	}
}

// withoutRows leaves out the messages of a page, and where they end.
func withoutRows(html string) string {
	head, rest, _ := strings.Cut(html, `<ol id="log"`)
	_, tail, _ := strings.Cut(rest, "</ol>")
	begin, rest, _ := strings.Cut(head, ` data-cursor="`)
	_, end, _ := strings.Cut(rest, `"`)
	return begin + end + tail
}

// reported is what the page of a moderator says of a room.
func (b *tab) reported(room string) string {
	b.Helper()
	b.open("/moderator/")
	return value[string](b, "Array.from(document.querySelectorAll('.reports li')).find((line) => line.querySelector('bdi')?.innerText === "+js(room)+")?.innerText ?? ''")
}

func TestReport_WithAndWithoutScripts(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "reported"
	ann, cat, mia := newGuest(t, w, "Ann"), withoutScripts(t, w, "Cat"), newGuest(t, w, "Mia")
	ann.openRoom(room)
	for i, text := range []string{"fine", "spam 🐷"} {
		ann.say(text)
		ann.awaitLog(i + 1)
	}
	mia.moderates()
	flag := flagOf("document", "spam 🐷")
	value[bool](ann, "("+flag+".click(), true)")
	ann.until("Ann is thanked, and it is read out", "document.querySelector('.flag:not(:empty)')?.innerText === 'Thank you. It is reported.' && document.querySelector('#outcome').innerText === 'Thank you. It is reported.'")
	value[bool](ann, "("+flag+".click(), true)") // once is enough
	ann.awaitLog(2)
	ann.look("room reported")

	cat.open(roomPath(room))
	cat.awaitLog(2)
	// The log may come anew in the moment of the click.
	cat.until("Cat is thanked in the log", `((log, flag) => {
		if (log.querySelector('.edge[role=status]')?.innerText.startsWith('Thank you.')) return true;
		if (flag && !flag.dataset.clicked) {
			flag.dataset.clicked = 'yes';
			flag.click();
		}
		return false;
	})(`+framed+", "+flagOf(framed, "spam 🐷")+")")
	cat.awaitLog(2)
	cat.look("room reported without scripts")

	fixture.Await(t, "the moderator sees both reports", func() bool {
		return strings.Contains(mia.reported(room), "2 reports, from at least 1 network")
	}, func() string { return mia.reported(room) })
	mia.look("reports")
	value[bool](mia, "(Array.from(document.querySelectorAll('.reports li')).find((line) => line.querySelector('bdi')?.innerText === "+js(room)+").querySelector('button').click(), true)")
	mia.until("it is asked what to do", "document.querySelector('#order blockquote')?.innerText === 'spam 🐷'")
	mia.look("order")
	mia.click("#order [value=remove] + button, #order [name=action][value=remove] ~ button")
	mia.until("the reports are there again", "document.readyState === 'complete' && document.querySelector('#moderator .notice')?.innerText")
	for _, b := range []*tab{ann, cat} {
		b.awaitTexts("fine")
	}
	if line := mia.reported(room); line != "" {
		t.Errorf("the report of a message that is gone: %q", line)
	}
}

// A moderator who does not wait for the answer looks at the next message.
func TestModerator_ALateAnswerIsNotAboutTheNextMessage(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Late answers"
	seed(t, w, room, []line{{2 * time.Minute, "one"}, {time.Minute, "two"}})
	mia := newGuest(t, w, "Mia")
	mia.moderates()
	mia.openRoom(room)
	value[bool](mia, `(window.fetch = ((real) => (address, ...rest) => (!String(address).endsWith('/moderate/') ? real(address, ...rest)
		: new Promise((answer) => {
			window.ask = async () => {
				const response = await real(address, ...rest);
				const copy = response.clone();
				answer(response);
				await copy.json();
				setTimeout(() => { window.answered = true; });
			};
		})))(window.fetch), true)`)
	value[bool](mia, "("+flagOf("document", "one")+".click(), true)")
	mia.click("#moderate[open] [value=remove] + button")
	mia.until("it is ordered", "window.ask")
	mia.do("press Escape", chromedp.KeyEvent(kb.Escape))
	value[bool](mia, "("+flagOf("document", "two")+".click(), true)")
	mia.until("the dialog is about the next one", "document.querySelector('#moderate[open] blockquote')?.innerText === 'two'")
	value[bool](mia, "(window.ask(), true)")
	mia.awaitTexts("two")
	mia.until("the answer is there", "window.answered")
	if says := value[string](mia, "document.querySelector('#moderate[open] .hint[role=status]')?.textContent ?? 'it is closed'"); says != "" {
		t.Errorf("the dialog about the next message: %s", says)
	}
}
