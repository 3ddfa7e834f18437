package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func TestHistory_ContinuesAfterAnID(t *testing.T) {
	site := newSite(t)
	var ids []wire.ID
	for i := range 6 {
		ids = append(ids, site.say("x", fmt.Sprint(i)))
	}
	rdb := site.client.Universal()
	remove := func(id wire.ID, at time.Time) {
		if err := rdb.XDel(t.Context(), "chatter:room:{x}:log", id.String()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := rdb.Do(t.Context(), "ZADD", "chatter:room:{x}:removed", at.UnixMilli(), id.String()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	remove(ids[1], ids[0].Time().Add(-time.Hour)) // before the page saw 0
	remove(ids[3], ids[5].Time().Add(time.Hour))
	old, removed := "1000-0", []string{ids[3].String()}
	b := site.guest("Ann")
	for _, tt := range []struct {
		query   string
		texts   []string
		more    bool
		gap     bool
		removed []string
	}{
		{"after=" + ids[0].String(), []string{"2", "4", "5"}, false, false, removed},
		{"limit=2&after=" + ids[0].String(), []string{"2", "4"}, true, false, removed},
		{"limit=3&after=" + ids[0].String(), []string{"2", "4", "5"}, false, false, removed},
		{"after=" + ids[5].String(), nil, false, false, removed},
		{"after=" + ids[3].String(), []string{"4", "5"}, false, false, removed}, // it was removed
		{"limit=3&after=" + old, []string{"0", "2", "4"}, true, false, []string{ids[1].String(), ids[3].String()}},
		{"limit=2&after=0", []string{"4", "5"}, true, false, nil},
		{"after=0-0", []string{"0", "2", "4", "5"}, false, false, nil},
		{"limit=2&after=" + wire.ID{Ms: ids[0].Ms, Seq: 1000}.String(), []string{"4", "5"}, true, true, removed},
		{"after=99999999999999-0", []string{"0", "2", "4", "5"}, false, true, nil},
	} {
		a := b.get("/chat/x/messages/?" + tt.query).want(http.StatusOK)
		var got continuation
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, m := range got.Messages {
			texts = append(texts, m.Message)
		}
		if diff := cmp.Diff(tt.texts, texts); diff != "" || got.More != tt.more || got.Gap != tt.gap {
			t.Errorf("%s: more %v, want %v; gap %v, want %v; %s", tt.query, got.More, tt.more, got.Gap, tt.gap, diff)
		}
		if diff := cmp.Diff(append([]string{}, tt.removed...), got.Removed); diff != "" {
			t.Errorf("%s: removed: %s", tt.query, diff)
		}
	}
	a := b.get("/chat/empty/messages/?after=0").want(http.StatusOK)
	if got := strings.TrimSpace(a.body); got != `{"messages":[],"more":false,"gap":false,"removed":[]}` {
		t.Errorf("of an empty room: %s", got)
	}
}

// A room's page is kept for a second, but not what expires meanwhile.
func TestRoom_ShowsNothingThatExpired(t *testing.T) {
	site := newSite(t)
	begun := time.Now()
	var passed time.Duration
	log := roomlog.New(site.client, roomlog.Options{Clock: func() time.Time { return begun.Add(passed) }})
	t.Cleanup(log.Close)
	site.Site.Log = log
	site.at(begun) // the kept page does not grow old
	b := site.guest("Ann")
	for _, step := range []struct {
		at   time.Duration
		says string
		want []string
	}{
		{0, "first", []string{"first"}},
		{time.Hour, "second", []string{"first", "second"}},
		{24 * time.Hour, "", []string{"first", "second"}},
		{24*time.Hour + time.Millisecond, "", []string{"second"}},
	} {
		passed = step.at
		site.redis.SetTime(begun.Add(passed))
		if step.says != "" {
			site.say("x", step.says)
		}
		if diff := cmp.Diff(step.want, all(b.get("/chat/x/").wantPage(http.StatusOK), "#log p")); diff != "" {
			t.Errorf("after %v: %s", step.at, diff)
		}
	}
}
