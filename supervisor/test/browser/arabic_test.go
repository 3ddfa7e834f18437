package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pageSays is the text of the first heading and the language and direction of the page.
const pageSays = `[document.querySelector('h1').innerText, document.documentElement.lang, document.documentElement.dir]`

func TestArabic_FromDoorToRoom(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "ليلى")
	proxy := b.through(t)
	b.speaks("ar-EG,ar;q=0.9,en;q=0.5")
	b.open("/")
	if got := value[[]string](b, pageSays); strings.Join(got, "|") != "من أنت، تقريبًا؟|ar|rtl" {
		t.Errorf("the sign-in page says %q", got)
	}
	if dir := value[string](b, "getComputedStyle(document.querySelector('#user')).direction"); dir != "rtl" {
		t.Errorf("the empty field begins %s", dir)
	}
	b.look("sign-in arabic")
	b.signIn()
	b.openRoom("المطبخ")
	b.look("room empty arabic")
	crowd := newCrowd(t, w, "المطبخ")
	for _, text := range []string{
		"هل رأى أحد مفتاح المخزن؟", "It hangs behind the door: https://example.org/a/b?c=1 (12:30).",
		"شكرًا! رقم الغرفة 12-B.\nSecond line, in English.\nوسطر ثالث.", "🔑", "12:30–14:00", "שלום, and hello",
	} {
		crowd.say(text)
	}
	b.awaitLog(6)
	b.say("سأعيده غدًا")
	b.awaitLog(7)
	b.say("12 + 30 = 42?")
	b.awaitLog(8)
	b.look("room arabic")
	b.click(".dots")
	b.until("what can be done is shown", "document.querySelector('#about[open] .copy:not([hidden])')")
	b.look("room about arabic")
	b.do("press Escape", chromedp.KeyEvent(kb.Escape))
	b.allow(awayNotes...)
	proxy.refuse(true)
	proxy.cut()
	b.stateSays(`إعادة الاتصال بعد .`)
	b.say("هل هناك أحد؟")
	b.until("it waits in sight", "document.querySelector('#outbox li')")
	b.look("room reconnecting arabic")
	proxy.refuse(false)
	value[bool](b, "window.dispatchEvent(new Event('online'))")
	b.awaitLive()
	b.open("/index/")
	b.until("the list speaks Arabic", "/^(الآن|قبل .+)$/.test(document.querySelector('#users time').innerText)")
	b.look("index arabic")
	b.open("/privacy/")
	b.look("privacy arabic")
	b.allow(`status of 404`)
	b.open("/chat/%2F/")
	b.look("error arabic")
}

// sides are the middles of some elements of a room, in pixels from the left.
const sides = `((at) => ({
	back: at('.back'), dots: at('.dots'), time: at('#log time, #past time'), text: at('#log p, #past p'),
	field: at('#message'), send: at('#say button'),
}))((css) => {
	const {left, right} = document.querySelector(css).getBoundingClientRect();
	return Math.round((left + right) / 2);
})`

// Everything at the left of a room stands at the right in Arabic, and the other way round.
func TestArabic_TheRoomIsMirrored(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Mirror"
	crowd := newCrowd(t, w, room)
	b := newGuest(t, w, "Ann")
	b.openRoom(room)
	crowd.say("a")
	b.awaitLog(1)
	width := value[int](b, "document.documentElement.clientWidth")
	before := value[map[string]int](b, sides)
	b.choose("العربية")
	b.awaitLive()
	b.awaitLog(1)
	after := value[map[string]int](b, sides)
	if before["back"] > width/4 || before["dots"] < width*3/4 || before["time"] > before["text"] || before["field"] > before["send"] {
		t.Errorf("in English: %v of %d pixels", before, width)
	}
	for _, what := range []string{"back", "dots"} {
		if got, want := after[what], width-before[what]; got < want-2 || got > want+2 {
			t.Errorf("%s is at %d, then at %d of %d pixels", what, before[what], after[what], width)
		}
	}
	if after["time"] < after["text"] || after["field"] < after["send"] {
		t.Errorf("in Arabic: %v of %d pixels", after, width)
	}
	if side := value[string](b, "getComputedStyle(document.querySelector('.address')).direction"); side != "ltr" {
		t.Errorf("the address is written %s", side)
	}
}

// The choice in the sheet holds for all pages, with and without scripts.
func TestArabic_CanBeChosen(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newGuest(t, w, "Ann")
	b.openRoom("Choice")
	b.do("type", chromedp.SendKeys("#message", "a draft"))
	b.choose("العربية")
	b.awaitLive()
	if got := value[[]string](b, pageSays); strings.Join(got, "|") != "Choice|ar|rtl" {
		t.Errorf("the room says %q", got)
	}
	if draft := value[string](b, "document.querySelector('#message').value"); draft != "a draft" {
		t.Errorf("the field has %q", draft)
	}
	b.open("/index/")
	b.until("the index is in Arabic", "document.documentElement.lang === 'ar'")
	b.scripts(false)
	b.open("/index/")
	b.click(".languages [value=de]")
	b.scripts(true)
	b.until("the index is in German", "document.documentElement.lang === 'de' && location.pathname === '/index/'")
	b.open("/privacy/")
	b.until("the other pages are in German", "document.documentElement.lang === 'de'")
}

// choose chooses a language by its name in the sheet of the room.
func (b *tab) choose(language string) {
	b.Helper()
	b.click(".dots")
	b.until("the sheet is open", "document.querySelector('#about[open]')")
	lang := value[string](b, "document.documentElement.lang")
	value[bool](b, "Array.from(document.querySelectorAll('#about .languages button')).find((e) => e.textContent === "+js(language)+").click() ?? true")
	b.until("the page is there in another language", "document.readyState === 'complete' && document.documentElement.lang !== "+js(lang))
}
