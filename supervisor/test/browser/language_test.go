package browser_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestLanguage_GermanFromDoorToRoom(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "Jürgen")
	proxy := b.through(t)
	b.speaks("de-DE,de;q=0.9,en;q=0.5")
	b.open("/")
	if h1 := value[string](b, "document.querySelector('h1').innerText"); h1 != "Wer bist du, ungefähr?" {
		t.Errorf("the door says %q", h1)
	}
	b.look("sign-in german")
	b.signIn()
	b.openRoom("Küche")
	if lang := value[string](b, "document.documentElement.lang"); lang != "de" {
		t.Errorf("the room's language is %q", lang)
	}
	b.look("room empty german")
	b.click(".dots")
	b.until("what can be done is shown", "document.querySelector('#about[open] .copy:not([hidden])')")
	b.look("room about german")
	b.do("press Escape", chromedp.KeyEvent(kb.Escape))
	b.allow(awayNotes...)
	proxy.refuse(true)
	proxy.cut()
	b.stateSays(`Neuer Versuch in \d+ Sekunden`)
	b.say("Wer hat den Schlüssel zum Geräteschuppen?")
	b.until("it waits in sight", "document.querySelector('#outbox li')")
	b.look("room reconnecting german")
	proxy.refuse(false)
	value[bool](b, "window.dispatchEvent(new Event('online'))")
	b.awaitLive()
	b.open("/index/")
	b.until("the list speaks German", "/^(gerade eben|vor \\d+ Minuten)$/.test(document.querySelector('#users time').innerText)")
	b.look("index german")
}

// speaks says which languages the guest's browser asks for.
func (b *tab) speaks(accept string) {
	b.Helper()
	b.do("choose languages", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
			Headers: network.Headers{"Accept-Language": accept},
		})
		return err
	}))
}
