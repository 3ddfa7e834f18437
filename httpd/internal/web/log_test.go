package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
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
	// What is in a noscript element is one text to a parser that runs scripts.
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

func TestLog_RowsOfOneMinuteAreJoinedAndDaysHaveAHeading(t *testing.T) {
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
			if row.HasClass("joined") {
				line += "joined"
			}
			got = append(got, line)
		}
		want := []string{"0 " + midnight.Add(-time.Hour).Format(time.DateOnly), "1 joined", "2 ", "3 " + midnight.Format(time.DateOnly), "4 joined"}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
