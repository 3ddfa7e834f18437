package web

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// remove removes a message from the log, as the operator does.
func (s *testSite) remove(room name.Room, id wire.ID) {
	s.t.Helper()
	if _, err := s.Site.Log.(*roomlog.Log).Remove(s.t.Context(), room, id); err != nil {
		s.t.Fatal(err)
	}
}

func TestForget_APageThatIsRenderedLaterDoesNotHaveTheText(t *testing.T) {
	site := newSite(t)
	now := time.Now()
	site.at(now) // the kept page does not grow old
	room, b := mustRoom(t, "x"), site.guest("Ann")
	shows := func(what string, want ...string) {
		t.Helper()
		if got := all(b.get("/chat/x/").wantPage(http.StatusOK), "#log p"); !slices.Equal(got, want) {
			t.Errorf("%s the room shows %q, want %q", what, got, want)
		}
	}
	id := site.say("x", "bad")
	site.say("x", "good")
	shows("before", "bad", "good")
	// A request has read the log and is held up.
	batch := site.client.Batch()
	read := site.log.Newest(batch, room, wire.HistoryPage)
	if err := batch.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	site.remove(room, id)
	site.Forget(room.Key())
	if _, err := site.pages.NewestMessages(room, *read, now); err != nil {
		t.Fatal(err)
	}
	shows("after the removal", "good")
	site.at(now.Add(time.Millisecond))
	shows("later", "good")
	if list, ok := site.pages.Newest(room, now.Add(time.Millisecond)); !ok || list.First == id {
		t.Error("the room is not cached any more")
	}
}

func TestSay_ARetryOfARemovedMessageIsNotStoredAgain(t *testing.T) {
	site := newSite(t)
	room, b := mustRoom(t, "x"), site.guest("Ann")
	form := formOf(b.get("/chat/x/").wantPage(http.StatusOK), "bad")
	b.post("/chat/x/", form).wantRedirect(http.StatusSeeOther, "/chat/x/")
	batch := site.client.Batch()
	read := site.log.Newest(batch, room, 1)
	if err := batch.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	site.remove(room, read.Entries[0].ID)
	b.post("/chat/x/", form).wantRedirect(http.StatusSeeOther, "/chat/x/")
	if got := site.texts("x"); len(got) > 0 {
		t.Errorf("the log holds %q", got)
	}
}
