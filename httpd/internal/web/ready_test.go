package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/roomlog"
)

func TestReady_EverybodyHasTheirOwn(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(5 * time.Minute).Add(time.Minute)
	site.at(now)
	site.say("x", "hello")
	ann, bob := site.guest("Ann"), site.guest("Bob & <i>")
	nonces := make(map[string]bool)
	for range 2 { // the second time the pages are ready
		for _, guest := range []struct {
			*browser
			name, accept, lang string
		}{{ann, "Ann", "en", "en"}, {bob, "Bob & <i>", "de", "de"}, {ann, "Ann", "de", "de"}, {bob, "Bob & <i>", "en", "en"}} {
			index := guest.get("/index/", "Accept-Language", guest.accept).wantPage(http.StatusOK)
			room := guest.get("/chat/x/", "Accept-Language", guest.accept).wantPage(http.StatusOK)
			for where, got := range map[string]string{
				"the index's corner":  text(index, ".account-name"),
				"the index's heading": text(index, "h1 bdi"),
				"the room":            text(room, ".about-name bdi"),
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

func TestReady_NothingIsMissing(t *testing.T) {
	site := newSite(t)
	now := time.Now().Truncate(5 * time.Minute).Add(time.Minute)
	site.at(now)
	ann := site.guest("Ann")
	ann.get("/index/").want(http.StatusOK)
	site.guest("Bob").get("/index/").want(http.StatusOK)
	users := func() []string { return all(ann.get("/index/").wantPage(http.StatusOK), "#users bdi") }
	if got := users(); !slices.Equal(got, []string{"Ann", "Bob"}) {
		t.Errorf("after Bob came: %q", got)
	}
	site.guest("Cat").get("/chat/new/").want(http.StatusOK)
	if got := all(ann.get("/index/").wantPage(http.StatusOK), "#rooms bdi"); !slices.Equal(got, []string{"new"}) {
		t.Errorf("after Cat entered a room: %q", got)
	}
	// What another process records is there after a second.
	b := site.client.Batch()
	site.Site.recents.Touch(b, mustUser(t, "Dan"), mustRoom(t, "other"), now)
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	site.at(now.Add(readyFor))
	if got := users(); !slices.Equal(got, []string{"Ann", "Bob", "Cat", "Dan"}) {
		t.Errorf("a second later: %q", got)
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
	site.at(now.Add(2 * readyFor))
	if got := all(ann.get("/chat/new/").wantPage(http.StatusOK), "#log p"); slices.Contains(got, "spam") || !slices.Contains(got, "after it") {
		t.Errorf("after a deletion the room shows %q", got)
	}
	if err := site.client.Universal().Del(t.Context(), "chatter:room:{new}:log").Err(); err != nil {
		t.Fatal(err)
	}
	if got := all(ann.get("/chat/new/").wantPage(http.StatusOK), "#log p"); len(got) != 0 {
		t.Errorf("after the log is gone the room shows %q", got)
	}
	// A log that has gone back and on differs, even if its IDs should not.
	key := readyKey{room: "new"}
	site.rooms.put(key, roomlog.Page{Entries: []roomlog.Entry{{Text: "a"}}}, ready{}, now)
	if _, ok := site.rooms.get(key, roomlog.Page{Entries: []roomlog.Entry{{Text: "b"}}}); ok {
		t.Error("another text is taken for the same")
	}
}

func TestSeen_AVisitIsRecordedAgainInTime(t *testing.T) {
	now := time.Now().Truncate(recent.Bucket)
	ann := seenName{name: "Ann"}
	var s seen
	s.recorded(now, ann, seenName{room: true, name: "x"})
	for _, tt := range []struct {
		name  seenName
		after time.Duration
		want  bool
	}{
		{ann, 0, true}, {ann, seenFor - 1, true}, {ann, seenFor, false}, {ann, -1, false},
		{seenName{room: true, name: "Ann"}, 0, false}, {seenName{name: "x"}, 0, false}, {seenName{room: true, name: "x"}, 0, true},
	} {
		if got := s.lately(tt.name, now.Add(tt.after), seenFor); got != tt.want {
			t.Errorf("%v after %v: %v", tt.name, tt.after, got)
		}
	}
	if !s.lately(ann, now.Add(recent.Bucket-1), recent.Bucket) {
		t.Error("forgotten within the bucket")
	}
	s.recorded(now.Add(-1), ann)
	if s.lately(ann, now, seenFor) {
		t.Error("recorded in the bucket before, and not again")
	}
	for i := range 2*maxSeen + 1 {
		s.recorded(now, seenName{name: fmt.Sprint(i)})
	}
	if len(s.names) > maxSeen {
		t.Errorf("%d names are kept", len(s.names))
	}
}

func TestReady_KeepsABoundedNumberOfRooms(t *testing.T) {
	var r readyRooms
	for i := range 3 * maxReady {
		r.put(readyKey{room: fmt.Sprint(i)}, roomlog.Page{}, ready{}, time.Time{})
	}
	if len(r.pages) > maxReady {
		t.Errorf("%d pages are kept", len(r.pages))
	}
}

func TestReady_RefusesAHoleWhereFillingIsNotRendering(t *testing.T) {
	all, err := newTexts(embedded)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		layout string
		fits   bool
	}{
		{`<p title="{{.User}}">{{.User}}</p>`, true},
		{`<script>var user = {{.User}};</script>`, false},
		{`<a href="{{.User}}">x</a>`, false},
		{`<p title={{.User}}>x</p>`, false},
		{`<p style="color: {{.User}}">x</p>`, false},
		{`{{len .User}}`, false},
	} {
		files := fstest.MapFS{
			"templates/layout.html":  {Data: []byte(`{{define "layout"}}` + tt.layout + `{{end}}`)},
			"templates/message.html": {}, "templates/index.html": {},
		}
		v, err := newView(files, all, "index", func(p page) indexPage { return indexPage{page: p} })
		if err != nil {
			t.Fatal(err)
		}
		err = v.holesFit(func(user, _ string) indexPage { return indexPage{page: page{texts: all[0], User: user}} })
		if (err == nil) != tt.fits {
			t.Errorf("%s: %v", tt.layout, err)
		}
	}
}

func TestCut_FillsEveryHole(t *testing.T) {
	userHole, nonceHole := user.mark(), nonce.mark()
	for _, page := range []string{"", "no hole", userHole, "a" + userHole + nonceHole + "b" + userHole, "a" + nonceHole} {
		var b bytes.Buffer
		if err := cut([]byte(page)).fill(&b, [holes]string{user: "<U>", nonce: "N"}); err != nil {
			t.Fatal(err)
		}
		want := strings.NewReplacer(userHole, "&lt;U&gt;", nonceHole, "N").Replace(page)
		if b.String() != want {
			t.Errorf("%q: got %q, want %q", page, b.String(), want)
		}
	}
}

func mustUser(t testing.TB, s string) name.User {
	t.Helper()
	user, err := name.ParseUser(s)
	if err != nil {
		t.Fatalf("user %q: %v", s, err)
	}
	return user
}

func TestEndsWith(t *testing.T) {
	a, b := roomlog.Entry{Text: "a"}, roomlog.Entry{Text: "b"}
	for _, tt := range []struct {
		page, end []roomlog.Entry
		want      bool
	}{
		{nil, nil, true},
		{[]roomlog.Entry{a}, nil, false},
		{nil, []roomlog.Entry{a}, false},
		{[]roomlog.Entry{a, b}, []roomlog.Entry{b}, true},
		{[]roomlog.Entry{a, b}, []roomlog.Entry{a}, false},
	} {
		if got := endsWith(roomlog.Page{Entries: tt.page}, tt.end); got != tt.want {
			t.Errorf("%v ends with %v: %v", tt.page, tt.end, got)
		}
	}
}

// Once a page's holes had names of their own, which whoever read this program could say.
func TestReady_NothingThatAGuestWritesIsAHole(t *testing.T) {
	site := newSite(t)
	hostile := []string{"HOLEforTHEusersNAME", "HOLEforTHEnonce", "{{.User}}", "{{.Nonce}}"}
	for _, hole := range hostile {
		site.say("x", "hi "+hole)
		site.guest(hole).get(mustRoom(t, hole).Path()).want(http.StatusOK)
	}
	ann := site.guest("Ann")
	for range 2 { // the second time the pages are ready
		var said []string
		for _, hole := range hostile {
			said = append(said, "hi "+hole)
			doc := ann.get(mustRoom(t, hole).Path()).wantPage(http.StatusOK)
			data, _ := doc.Find("#room").Attr("data-room")
			if got := text(doc, "h1"); got != hole || data != hole {
				t.Errorf("the room %q is called %q, %q", hole, got, data)
			}
		}
		if got := all(ann.get("/chat/x/").wantPage(http.StatusOK), "#log p"); !slices.Equal(got, said) {
			t.Errorf("messages %q, want %q", got, said)
		}
		doc := ann.get("/index/").wantPage(http.StatusOK)
		for list, more := range map[string]string{"#users bdi": "Ann", "#rooms bdi": "x"} {
			want := append(slices.Clone(hostile), more)
			got := all(doc, list)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", list, got, want)
			}
		}
	}
}

func TestHoleMarks_CannotBeGuessed(t *testing.T) {
	a, b := newHoleMarks(), newHoleMarks()
	var seen [][]byte
	for _, mark := range append(a[:], b[:]...) {
		if len(mark) < 24 {
			t.Errorf("%q is short", mark)
		}
		for _, other := range seen {
			if bytes.Contains(mark, other) || bytes.Contains(other, mark) {
				t.Errorf("%q and %q", mark, other)
			}
		}
		seen = append(seen, mark)
	}
}
