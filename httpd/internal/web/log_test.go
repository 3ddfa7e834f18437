package web

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
)

func TestLog_GoesBackPageByPageInItsFrame(t *testing.T) {
	site := newSite(t)
	var want []string
	for i := range 120 {
		want = append(want, fmt.Sprintf("m %d", i))
		site.say("who? me", want[i])
	}
	b := site.guest("Ann")
	doc := b.get("/chat/who%3F%20me/").wantPage(http.StatusOK)
	// A parser that runs scripts reads the content of a noscript element as one text.
	if frame := doc.Find("noscript").Text(); !strings.Contains(frame, `<iframe class="log-frame" src="/chat/who%3F%20me/log/"`) {
		t.Errorf("the page has no frame of the log: %q", frame)
	}
	doc = b.get("/chat/who%3F%20me/log/").wantPage(http.StatusOK)
	if doc.Find("meta[http-equiv=refresh]").Length() != 1 || doc.Find("script[type=module]").Length() != 0 {
		t.Error("the newest part does not renew itself, or wants scripts")
	}
	got := all(doc, "#log p")
	for range 2 {
		older, ok := doc.Find(".edge a").First().Attr("href")
		if !ok {
			t.Fatal("no way back")
		}
		doc = b.get(older).wantPage(http.StatusOK)
		if doc.Find("meta[http-equiv=refresh]").Length() != 0 {
			t.Error("an older part goes away while it is read")
		}
		if href, _ := doc.Find(".edge a").Last().Attr("href"); href != "/chat/who%3F%20me/log/" {
			t.Errorf("the way forward leads to %q", href)
		}
		got = append(all(doc, "#log p"), got...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if first := doc.Find(".edge a").Length(); first != 1 {
		t.Errorf("%d links at the beginning of the log", first)
	}
	b.get("/chat/who%3F%20me/log/?before=x").wantPage(http.StatusBadRequest)
	b.get("/chat/who%3F%20me/log").wantRedirect(http.StatusMovedPermanently, "/chat/who%3F%20me/log/")
	b.get("/chat/who%3F%20%20me/log/").wantRedirect(http.StatusMovedPermanently, "/chat/who%3F%20me/log/")
	b.get("/chat/a%2Fb/log/").wantPage(http.StatusNotFound)
}

// A reader who has scrolled up must not lose the place when the newest part is refreshed.
func TestLog_HoldsStillForWhoReads(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for lang, want := range map[string]string{"en": "Hold still, I am reading", "de": "Bleib so stehen, ich lese", "ar": "تثبيت الصفحة أثناء القراءة"} {
		room := "room " + lang
		path := mustRoom(t, room).Path() + "log/"
		ask := func(path string) *goquery.Document {
			t.Helper()
			return b.get(path, "Accept-Language", lang).wantPage(http.StatusOK)
		}
		if link := ask(path).Find(".edge a"); link.Length() > 0 {
			t.Errorf("an empty log has the link %q", link.Text())
		}
		for i := range 60 {
			site.say(room, fmt.Sprint(i))
		}
		newest := ask(path)
		link := newest.Find(".edge a").Last()
		still, _ := link.Attr("href")
		if text := link.Text(); text != want {
			t.Fatalf("the link at the end of the log says %q", text)
		}
		site.say(room, "later")
		held := ask(still)
		if held.Find("meta[http-equiv=refresh]").Length() > 0 {
			t.Error("the part goes away while it is read")
		}
		if diff := cmp.Diff(all(newest, "#log p"), all(held, "#log p")); diff != "" {
			t.Errorf("what is held is not what was there:\n%s", diff)
		}
		if older, again := newest.Find(".edge a").First().AttrOr("href", ""), held.Find(".edge a").First().AttrOr("href", ""); older != again {
			t.Errorf("the way back leads to %q and to %q", older, again)
		}
		forward, _ := held.Find(".edge a").Last().Attr("href")
		if got := all(ask(forward), "#log p"); forward != path || got[len(got)-1] != "later" {
			t.Errorf("the way forward leads to %q, which ends with %q", forward, got[len(got)-1])
		}
	}
}

func TestAfter(t *testing.T) {
	for _, tt := range []struct{ id, want wire.ID }{
		{wire.ID{Ms: 5}, wire.ID{Ms: 5, Seq: 1}},
		{wire.ID{Ms: 5, Seq: math.MaxUint64}, wire.ID{Ms: 6}},
	} {
		if got := after(tt.id); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.id, got, tt.want)
		}
	}
}

func TestLog_WithoutASessionTheFrameLeadsToTheDoor(t *testing.T) {
	doc := newSite(t).browser().get("/chat/who%3F%20me/log/").wantPage(http.StatusUnauthorized)
	link := doc.Find(".edge a")
	if href, _ := link.Attr("href"); href != "/?next=%2fchat%2fwho%253F%2520me%2f" && href != "/?next=%2Fchat%2Fwho%253F%2520me%2F" {
		t.Errorf("leads to %q", href)
	}
	if target, _ := link.Attr("target"); target != "_top" {
		t.Errorf("in %q", target)
	}
	if doc.Find("#log").Length() > 0 {
		t.Error("and shows the log all the same")
	}
}

func TestLog_ATimeIsShownWhereMinutesPassAndDaysHaveAHeading(t *testing.T) {
	site := newSite(t)
	// Near to a midnight that is neither forgotten yet nor about to be.
	midnight := time.Now().UTC().Add(time.Hour).Truncate(24 * time.Hour)
	for i, after := range []time.Duration{-2 * time.Minute, -61 * time.Second, -time.Minute, 0, time.Second} {
		id := fmt.Sprintf("%d-0", midnight.Add(after).UnixMilli())
		site.redis.XAdd("chatter:room:{"+mustRoom(t, "x").EscapedKey()+"}:log", id, []string{"m", fmt.Sprint(i)})
	}
	for _, path := range []string{"/chat/x/", "/chat/x/log/"} {
		doc := site.guest("Ann").get(path).wantPage(http.StatusOK)
		var got []string
		for _, row := range doc.Find("#log > li.message").EachIter() {
			line := row.Find("p").Text() + " " + row.Find(".day").Text()
			if row.HasClass("untimed") {
				line += "untimed"
			}
			got = append(got, line)
		}
		want := []string{"0 " + midnight.Add(-time.Hour).Format(time.DateOnly), "1 untimed", "2 ", "3 " + midnight.Format(time.DateOnly), "4 untimed"}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
