package browser_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestAbout_InviteAndLeave(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Tea & שלום"
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	code := "performance.getEntriesByType('resource').some((e) => e.name.endsWith('/qr/'))"
	ann.click(".dots")
	ann.until("what can be done is shown", "document.querySelector('#about[open] .copy:not([hidden])')")
	ann.look("room about")
	const part = "document.querySelector('#about "
	address := value[string](ann, part+".address').href")
	if want := strings.TrimSuffix(w.URL(), "/") + value[string](ann, "location.pathname"); address != want {
		t.Errorf("the address is %q, want %q", address, want)
	}
	if shown, want := value[string](ann, part+".address').innerText"), strings.TrimPrefix(w.URL(), "http://")+"chat/"+room+"/"; shown != want {
		t.Errorf("the address is shown as %q, want %q", shown, want)
	}
	if value[bool](ann, code) {
		t.Error("the QR code was fetched before anybody wanted it")
	}
	ann.click("#about details:has(.qr) summary")
	ann.until("the QR code is there", code+" && document.querySelector('.qr').naturalWidth > 0")

	// The clipboard is everybody's: what it is asked to take must do.
	value[bool](ann, "(navigator.clipboard.writeText = async (text) => { window.copied = text; }, true)")
	ann.click("#about .copy")
	ann.until("it is copied", "window.copied === "+js(address)+" && "+part+".copied').innerText === 'Copied.'")
	// Over plain http there is none, but the old way.
	value[bool](ann, `(Object.defineProperty(navigator, 'clipboard', {value: undefined}), `+part+`.copied').textContent = '',
		window.addEventListener('copy', ({clipboardData}) => { window.old = clipboardData.getData('text/plain'); }), true)`)
	ann.click("#about .copy")
	ann.until("it is copied all the same", "window.old === "+js(address)+" && "+part+".copied').innerText === 'Copied.' && getSelection().isCollapsed")
	value[bool](ann, "(document.execCommand = () => false, true)")
	ann.click("#about .copy")
	ann.until("it can be copied by hand", "getSelection().toString() === "+part+".address').textContent && "+part+".copied').innerText.startsWith('That could not')")

	ann.look("room QR code")
	ann.do("press Escape", chromedp.KeyEvent(kb.Escape))
	ann.until("it is closed", "!document.querySelector('#about[open]')")
	ann.click(".dots")
	ann.do("click beside it", chromedp.MouseClickXY(10, 10))
	ann.until("it is closed", "!document.querySelector('#about[open]') && document.activeElement.id === 'dots'")

	ann.click(".dots")
	ann.click("#about a[href='/index/']")
	ann.until("Ann is among the rooms", "document.querySelector('main#index')")
	ann.openRoom(room)
	ann.click(".back")
	ann.until("the same way back", "document.querySelector('main#index')")
}

func TestAbout_TheSystemsShareSheet(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.do("have one", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: "navigator.share = async (what) => { window.shared = what; };",
		})
		return err
	}))
	ann.openRoom("Shared")
	ann.click(".dots")
	ann.until("it is offered", "!document.querySelector('#about .share').hidden")
	ann.click("#about .share")
	ann.until("it gets the address", "window.shared?.url === document.querySelector('#about .address').href")
}

// block has the browser refuse what a pattern fits, or nothing.
func (b *tab) block(patterns ...string) {
	b.Helper()
	var blocked []*network.BlockPattern
	for _, p := range patterns {
		blocked = append(blocked, &network.BlockPattern{URLPattern: p, Block: true})
	}
	b.do("block "+strings.Join(patterns, ", "), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: blocked})
		return err
	}))
}

// Offline, or while another release takes the place of the page's own, it cannot be had.
func TestAbout_WhatCouldNotBeLoadedIsLoadedTheNextTime(t *testing.T) {
	t.Parallel()
	w := site(t)
	for _, name := range []string{"notifier-view", "about-view", "notifications", "sound-view", "away", "invite"} {
		ann := newGuest(t, w, "Ann")
		ann.allow("ERR_BLOCKED_BY_CLIENT")
		ann.block("*://*:*/static/*/js/" + name + ".js*") // an empty room loads one of them
		ann.openRoom("Halves")
		ann.click(".dots")
		ann.until("it says that "+name+" is missing", "document.querySelector('#about .copied').innerText.includes('could be loaded') && document.querySelector('#about .copy').hidden")
		ann.do("press Escape", chromedp.KeyEvent(kb.Escape))
		ann.block()
		ann.click(".dots")
		ann.until("all of it is there", "document.querySelector('#about[open] .copy:not([hidden])') && document.querySelector('#settings:not([hidden])') && !document.querySelector('#about .copied').innerText")
	}
}

// The address of the sheet opens it before the script runs. A phone on its side is low.
func TestAbout_IsCompleteInALowWindow(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.do("resize", chromedp.EmulateViewport(740, 340))
	ann.open(roomPath("Low") + "#about")
	ann.until("it has all parts", "document.querySelector('#about[open] #search') && !document.querySelector('#settings').hidden")
	if below := value[float64](ann, "document.querySelector('#about').getBoundingClientRect().bottom - innerHeight"); below > 0 {
		t.Errorf("%v pixels are below the window", below)
	}
	ann.click("#close")
	ann.until("it is closed", "!document.querySelector('#about').checkVisibility()")
}
