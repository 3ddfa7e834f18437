package web

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestFragments_EachGuestGetsTheirOwnNameAndNonce(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(5 * time.Minute).Add(time.Minute)
	site.at(now)
	site.say("x", "hello")
	ann, bob := site.guest("Ann"), site.guest("Bob & <i>")
	nonces := make(map[string]bool)
	for range 2 { // the second time the fragments are cached
		for _, guest := range []struct {
			*browser
			name, accept, lang string
		}{{ann, "Ann", "en", "en"}, {bob, "Bob & <i>", "de", "de"}, {ann, "Ann", "de", "de"}, {bob, "Bob & <i>", "en", "en"}} {
			index := guest.get("/index/", "Accept-Language", guest.accept).wantPage(http.StatusOK)
			room := guest.get("/chat/x/", "Accept-Language", guest.accept).wantPage(http.StatusOK)
			for where, got := range map[string]string{
				"the index's corner":  textOf(index, ".account-name"),
				"the index's heading": textOf(index, "h1 bdi"),
				"the room":            textOf(room, ".about-name bdi"),
			} {
				if got != guest.name {
					t.Errorf("%s: the name is %q, want %q", where, got, guest.name)
				}
			}
			for _, doc := range []string{"html"} {
				if got, _ := index.Find(doc).Attr("lang"); got != guest.lang {
					t.Errorf("the index is in %q, want %q", got, guest.lang)
				}
				if got, _ := room.Find(doc).Attr("lang"); got != guest.lang {
					t.Errorf("the room is in %q, want %q", got, guest.lang)
				}
			}
			nonce, _ := room.Find("[name=nonce]").Attr("value")
			if nonces[nonce] || len(nonce) < 16 {
				t.Errorf("nonce %q again", nonce)
			}
			nonces[nonce] = true
		}
	}
	site.browser().get("/index/").wantRedirect(http.StatusSeeOther, "/")
	ann.post("/signout/", nil)
	ann.get("/index/").wantRedirect(http.StatusSeeOther, "/")
}

func TestFragments_ShowChangesOfTheLists(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(5 * time.Minute).Add(time.Minute)
	site.at(now)
	ann := site.guest("Ann")
	ann.get("/index/").want(http.StatusOK)
	site.publish("users", "Bob", 0)
	site.publish("rooms", "new", 0)
	site.at(now.Add(keepLists))
	doc := ann.get("/index/").wantPage(http.StatusOK)
	if users, rooms := all(doc, "#users bdi"), all(doc, "#rooms bdi"); !slices.Equal(users, []string{"Ann", "Bob"}) || !slices.Equal(rooms, []string{"new"}) {
		t.Errorf("a second later: %q, %q", users, rooms)
	}
	for i := range 3 {
		site.say("new", fmt.Sprint("message ", i))
		doc := ann.get("/chat/new/").wantPage(http.StatusOK)
		if got := all(doc, "#log p"); len(got) != i+1 || got[i] != fmt.Sprint("message ", i) {
			t.Errorf("the room shows %q", got)
		}
	}
	// Deleted in Redis by hand: gone from the page after a second.
	last := site.say("new", "spam")
	site.say("new", "after it")
	ann.get("/chat/new/").want(http.StatusOK)
	if err := site.client.Universal().XDel(t.Context(), "chatter:room:{new}:log", last.String()).Err(); err != nil {
		t.Fatal(err)
	}
	site.at(now.Add(2 * keepLists))
	if got := all(ann.get("/chat/new/").wantPage(http.StatusOK), "#log p"); slices.Contains(got, "spam") || !slices.Contains(got, "after it") {
		t.Errorf("after a deletion the room shows %q", got)
	}
	if err := site.client.Universal().Del(t.Context(), "chatter:room:{new}:log").Err(); err != nil {
		t.Fatal(err)
	}
	if got := all(ann.get("/chat/new/").wantPage(http.StatusOK), "#log p"); len(got) != 0 {
		t.Errorf("after the log is gone the room shows %q", got)
	}
}

// An earlier cache cut pages at marks; a message with a mark showed another guest's name.
func TestFragments_TextsThatLookLikeTemplates(t *testing.T) {
	site := newSite(t)
	hostile := []string{"HOLEforTHEusersNAME", "HOLEforTHEnonce", "{{.User}}", "{{.Nonce}}"}
	for _, hole := range hostile {
		site.say("x", "hi "+hole)
		site.publish("users", hole, 0)
		site.publish("rooms", hole, 0)
	}
	ann := site.guest("Ann")
	for range 2 { // the second time the fragments are cached
		var said []string
		for _, hole := range hostile {
			said = append(said, "hi "+hole)
			doc := ann.get(mustRoom(t, hole).Path()).wantPage(http.StatusOK)
			data, _ := doc.Find("#room").Attr("data-room")
			if got := textOf(doc, "h1"); got != hole || data != hole {
				t.Errorf("the room %q is called %q, %q", hole, got, data)
			}
		}
		if got := all(ann.get("/chat/x/").wantPage(http.StatusOK), "#log p"); !slices.Equal(got, said) {
			t.Errorf("messages %q, want %q", got, said)
		}
		doc := ann.get("/index/").wantPage(http.StatusOK)
		for list, more := range map[string][]string{"#users bdi": {"Ann"}, "#rooms bdi": nil} {
			want := slices.Concat(hostile, more)
			got := all(doc, list)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", list, got, want)
			}
		}
	}
}
