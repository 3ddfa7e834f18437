package browser_test

import (
	"context"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// offline has the browser believe that there is no network, or that there is one again.
func (b *tab) offline(is bool) {
	b.Helper()
	b.do("tell of the network", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{
			Offline: is, DownloadThroughput: -1, UploadThroughput: -1,
		})
		return err
	}))
}

// waiting is what stands in the outbox.
func (b *tab) waiting() []string {
	b.Helper()
	return value[[]string](b, "Array.from(document.querySelectorAll('#outbox .waiting-text'), (text) => text.innerText)")
}

// awaitWaiting waits until the outbox holds just that.
func (b *tab) awaitWaiting(want ...string) {
	b.Helper()
	b.await("what waits is "+js(want), func(context.Context) (bool, error) { return slices.Equal(b.waiting(), want), nil })
}

func (b *tab) sees(want ...string) {
	b.Helper()
	if diff := cmp.Diff(want, texts(b.awaitLog(len(want)))); diff != "" {
		b.Errorf("%s sees something else:\n%s", b.who, diff)
	}
}

// owns fails unless those are the messages that the tab takes for its guest's.
func (b *tab) owns(want ...string) {
	b.Helper()
	var own []string
	for _, m := range b.log() {
		if m.Own {
			own = append(own, m.Text)
		}
	}
	if diff := cmp.Diff(want, own); diff != "" {
		b.Errorf("%s marks as own:\n%s", b.who, diff)
	}
}

func TestNetwork_LeftForAnother_WhatWasSaidBetweenThemIsSentOnce(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "On the way"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom(room)
	ann.say("at home")
	ann.sees("at home")
	ben := newSocketGuest(t, w, "Ben", room)

	proxy.silence()
	ann.say("at the door")
	ann.await("the words are on their way", func(context.Context) (bool, error) { return proxy.holdsWords(), nil })
	proxy.refuse(true)
	ann.offline(true)
	ann.awaitState("offline")
	ann.say("in the street")
	ann.awaitWaiting("at the door", "in the street")
	ben.say("one", "two")
	if seen := texts(ann.log()); !slices.Equal(seen, []string{"at home"}) {
		t.Errorf("without a network the page shows %q", seen)
	}

	proxy.refuse(false)
	ann.offline(false)
	want := []string{"at home", "one", "two", "at the door", "in the street"}
	ann.sees(want...)
	ann.awaitLive()
	// The data that the old network held arrives.
	proxy.speak()
	ann.await("the words are through", func(context.Context) (bool, error) { return !proxy.holdsWords(), nil })
	ben.say("three")
	ann.awaitLog(len(want) + 1)
	ann.say("on the bus")
	want = append(want, "three", "on the bus")
	ann.sees(want...)
	ann.owns("at home", "at the door", "in the street", "on the bus")
	// The log says the same.
	ann.reload()
	ann.awaitLive()
	ann.sees(want...)
	ben.awaitWord("on the bus")
	if diff := cmp.Diff(want, ben.hears()); diff != "" {
		t.Errorf("Ben hears something else:\n%s", diff)
	}
}
