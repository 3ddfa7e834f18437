package browser_test

import "testing"

func TestReload_AnswerLost_SentOnce(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Answer lost"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom(room)
	ben := newSocketGuest(t, w, "Ben", room)
	ben.say("hello")
	ann.sees("hello")

	// It is stored, but she does not learn of it.
	proxy.deafen()
	ann.say("one")
	ben.awaitWord("one")
	ann.awaitWaiting("one")
	proxy.cut()
	ann.sees("hello", "one")

	// The same, and she reloads the page while no socket is to be had.
	ann.awaitLive()
	proxy.deafen()
	ann.say("two")
	ann.say("three")
	ben.awaitWord("two")
	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	ann.awaitWaiting("two", "three")
	ann.reload()
	ann.awaitWaiting("two", "three")
	ann.until("the log has what was stored", "document.querySelector('#column').innerText.includes('two')")
	ann.awaitState("reconnecting")
	ann.reload() // It is kept more than once.
	ann.awaitWaiting("two", "three")
	proxy.refuse(false)
	ann.sees("hello", "one", "two", "three")
	ann.awaitLive()
	ann.owns("one", "two", "three")

	ben.say("good")
	ann.reload()
	ann.awaitLive()
	ann.sees("hello", "one", "two", "three", "good")
	ann.owns("one", "two", "three")
}

func TestReload_NoPageToBeHad_WhatWaitsIsKept(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Tunnel"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.allow(`ERR_CONNECTION_REFUSED`)
	ann.openRoom(room)
	ann.ctl("stop", "nginx")
	ann.awaitState("reconnecting")
	ann.say("one")
	ann.say("two")
	ann.awaitWaiting("one", "two")
	ann.put("half a sen")
	value[bool](ann, "Boolean(setTimeout(() => location.reload()))")
	ann.until("the browser has no page to show", "!document.querySelector('#room')")
	ann.ctl("start", "nginx")
	ann.openRoom(room)
	ann.sees("one", "two")
	if typed := value[string](ann, field+".value"); typed != "half a sen" {
		t.Errorf("the draft is %q", typed)
	}
}
