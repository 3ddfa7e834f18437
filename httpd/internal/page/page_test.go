package page

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/httpd/internal/assets"
	"chatter/httpd/internal/text"
	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// load loads the embedded files once for all tests.
var load = sync.OnceValues(func() (*assets.Assets, error) {
	languages, err := text.Load()
	if err != nil {
		return nil, err
	}
	return assets.Load(languages)
})

func newPages(t testing.TB) (*Pages, []*text.Language) {
	t.Helper()
	a, err := load()
	if err != nil {
		t.Fatal(err)
	}
	languages, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(a, languages, Kept{Mark: time.Hour, Message: 24 * time.Hour, Name: 24 * time.Hour, Session: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return p, languages
}

func mustRoom(t testing.TB, s string) name.Room {
	t.Helper()
	room, err := name.ParseRoom(s)
	if err != nil {
		t.Fatal(err)
	}
	return room
}

func log(texts ...string) (part roomlog.Page) {
	for i, s := range texts {
		part.Entries = append(part.Entries, wire.Entry{ID: wire.ID{Ms: 1_700_000_000_000 + uint64(i)}, Text: s})
	}
	return part
}

// Everything that one guest's page has and another's must not have.
type private struct{ user, typed, problem, nonce, address string }

func (g private) values() []string { return []string{g.user, g.typed, g.problem, g.nonce, g.address} }

// Each guest's pages are rendered around the same cached lists as the others'. No page has
// a value of another guest, and neither has the cache.
func TestPages_NoValueOfOneGuestReachesAnother(t *testing.T) {
	p, languages := newPages(t)
	room, now := mustRoom(t, "lounge"), time.Now()
	lists := &recent.Lists{Users: []recent.Line{{Name: "Zoe", Key: "zoe", At: now}}, Rooms: []recent.Line{{Name: "lounge", Key: "lounge", At: now}}}
	guests := make([]private, 20)
	for i := range guests {
		guests[i] = private{fmt.Sprintf("guest%02d", i), fmt.Sprintf("typed%02d", i), fmt.Sprintf("problem%02d", i), fmt.Sprintf("nonce%02d", i), fmt.Sprintf("http://host%02d/", i)}
	}
	pagesOf := func(l *text.Language, g private) (string, error) {
		messages, err := p.NewestMessages(room, log("hello", "{{.User}} [[.Lang]]"), now)
		if err != nil {
			return "", err
		}
		users, rooms, err := p.Recents(l, lists, now)
		if err != nil {
			return "", err
		}
		base := Base{Lang: l.Lang, User: g.user}
		var b bytes.Buffer
		for _, page := range []Page{
			Room{Base: base, Room: room.String(), Path: room.Path(), Messages: messages, Nonce: g.nonce, Typed: g.typed, Problem: g.problem, Address: g.address},
			Index{Base: base, Users: users.Without(g.user), Rooms: rooms.All(), RoomTyped: g.typed, RoomProblem: g.problem},
			Log{Base: base, Path: room.Path(), Messages: messages, Newest: true},
		} {
			if err := p.Render(&b, page); err != nil {
				return "", err
			}
		}
		return b.String(), nil
	}
	var group sync.WaitGroup
	for i, own := range guests {
		group.Go(func() {
			for range 5 {
				got, err := pagesOf(languages[i%len(languages)], own)
				if err != nil {
					t.Error(err)
					return
				}
				for _, value := range own.values() {
					if !strings.Contains(got, value) {
						t.Errorf("%s: the page lacks %q", own.user, value)
					}
				}
				for _, other := range guests {
					for _, value := range other.values() {
						if other != own && strings.Contains(got, value) {
							t.Errorf("%s: the page has %q", own.user, value)
						}
					}
				}
			}
		})
	}
	group.Wait()
	if n := len(p.cache.entries); n != 1+2*len(languages) {
		t.Errorf("%d fragments for one room and the lists in %d languages", n, len(languages))
	}
	for key, element := range p.cache.entries {
		entry := fmt.Sprintf("%v %v", key, element.Value.(cacheEntry).fragment)
		if regexp.MustCompile(`(guest|typed|problem|nonce|host)\d\d`).MatchString(entry) {
			t.Errorf("the cache has a guest's value: %s", entry)
		}
	}
}

func TestNewestMessages_AreRenderedWhenTheyChange(t *testing.T) {
	p, _ := newPages(t)
	now := time.Now()
	a, b := mustRoom(t, "a"), mustRoom(t, "b")
	show := func(room name.Room, part roomlog.Page) template.HTML {
		t.Helper()
		list, err := p.NewestMessages(room, part, now)
		if err != nil {
			t.Fatal(err)
		}
		cached, ok := p.Newest(room, now)
		if !ok || cached != list {
			t.Errorf("the cache has %v, want %v", cached, list)
		}
		return list.HTML
	}
	one := show(a, log("one"))
	if again := show(a, log("one")); again != one || !strings.Contains(string(one), ">one<") {
		t.Errorf("got %q and %q", one, again)
	}
	// The last ID is the same in all of these.
	if got := show(a, log("two")); !strings.Contains(string(got), ">two<") {
		t.Errorf("another text: %q", got)
	}
	full := log("first", "last")
	if got := show(a, full); !strings.Contains(string(got), ">first<") {
		t.Errorf("two messages: %q", got)
	}
	if got := show(a, roomlog.Page{Entries: full.Entries[1:]}); strings.Contains(string(got), ">first<") {
		t.Errorf("a deleted message is shown: %q", got)
	}
	if got := show(b, log("of b")); !strings.Contains(string(got), ">of b<") {
		t.Errorf("another room: %q", got)
	}
	for _, at := range []time.Time{now.Add(maxAge), now.Add(-1)} {
		if _, ok := p.Newest(b, at); ok {
			t.Errorf("a list is new %v after it was read", at.Sub(now))
		}
	}
}

func TestRecents_AreRenderedWhenTheyChange(t *testing.T) {
	p, languages := newPages(t)
	now := time.Now().Truncate(time.Minute)
	line := func(name string) []recent.Line { return []recent.Line{{Name: name, At: now}} }
	for _, tt := range []struct {
		lists       recent.Lists
		at          time.Time
		users, room string
	}{
		{recent.Lists{Users: line("Ann"), Rooms: line("x")}, now, "Ann", "just now"},
		{recent.Lists{Users: line("Bob"), Rooms: line("x")}, now, "Bob", "just now"},
		{recent.Lists{Users: line("Bob"), Rooms: line("y z")}, now, "Bob", "/chat/y%20z/"},
		{recent.Lists{Users: line("Bob"), Rooms: line("x")}, now.Add(5 * time.Minute), "5 minutes ago", "5 minutes ago"},
		{recent.Lists{Rooms: line("../x")}, now, "", `href="/index/"`},
	} {
		users, rooms, err := p.Recents(languages[0], &tt.lists, tt.at)
		if err != nil || !strings.Contains(string(users.All()), tt.users) || !strings.Contains(string(rooms.All()), tt.room) {
			t.Errorf("%v: %s %s", err, users.All(), rooms.All())
		}
	}
}

func TestRecents_WithoutALine(t *testing.T) {
	p, languages := newPages(t)
	lists := new(recent.Lists)
	for _, name := range []string{"Ann", "Bob", "Cid & <i>"} {
		lists.Users = append(lists.Users, recent.Line{Name: name, Key: strings.ToLower(name)})
	}
	for range 2 { // the second time from the cache
		users, _, err := p.Recents(languages[0], lists, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`<bdi>(.*)</bdi>`)
		for key, want := range map[string]string{"": "Ann Bob Cid &amp; &lt;i&gt;", "ann": "Bob Cid &amp; &lt;i&gt;", "bob": "Ann Cid &amp; &lt;i&gt;", "cid & <i>": "Ann Bob", "Ann": "Ann Bob Cid &amp; &lt;i&gt;"} {
			var got []string
			for _, m := range names.FindAllStringSubmatch(string(users.Without(key)), -1) {
				got = append(got, m[1])
			}
			if strings.Join(got, " ") != want || strings.Count(string(users.Without(key)), "<li ") != len(got) {
				t.Errorf("without %q: %s", key, users.Without(key))
			}
		}
	}
}

func TestEndsWith(t *testing.T) {
	a, b := log("a").Entries[0], log("a", "b").Entries[1]
	for _, tt := range []struct {
		list MessageList
		end  []wire.Entry
		want bool
	}{
		{MessageList{}, nil, true},
		{MessageList{}, []wire.Entry{a}, false},
		{MessageList{Last: a.ID}, nil, false},
		{MessageList{Last: b.ID}, []wire.Entry{b}, true},
		{MessageList{Last: b.ID}, []wire.Entry{a}, false},
	} {
		if got := tt.list.EndsWith(tt.end); got != tt.want {
			t.Errorf("%v ends with %v: %v", tt.list.Last, tt.end, got)
		}
	}
}

// A text of a language, or a name in it, must not become an action or an element.
func TestParse_EscapesTexts(t *testing.T) {
	_, languages := newPages(t)
	got := textWithName(languages[0], "index.heading", "{{.User}}")
	if got != "Welcome, <bdi>{{.User}}</bdi>" {
		t.Errorf("got %q", got)
	}
	for _, l := range languages {
		for key := range keys(t) {
			if s := l.Text(key); strings.Contains(s, "{{") {
				t.Errorf("%s, %s: %q would be an action", l.Lang, key, s)
			}
		}
	}
}

func TestCache_KeepsNothingThatIsNotConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(maxCacheBytes, maxLife)
		confirmed, left := fragmentKey{room: "confirmed"}, fragmentKey{room: "left"}
		c.put(confirmed, fragment{})
		c.put(left, fragment{})
		time.Sleep(maxLife - time.Second)
		c.put(confirmed, fragment{})
		time.Sleep(time.Second)
		synctest.Wait()
		if _, ok := c.get(left); ok || c.order.Len() != 1 {
			t.Errorf("%d fragments are kept, the one that nobody asked for among them: %v", c.order.Len(), ok)
		}
		if _, ok := c.get(confirmed); !ok {
			t.Error("the confirmed fragment is gone")
		}
		time.Sleep(maxLife)
		synctest.Wait()
		if c.order.Len() != 0 || c.bytes != 0 {
			t.Errorf("%d fragments and %d bytes are left", c.order.Len(), c.bytes)
		}
	})
}

func TestCache_IsBoundedInBytes(t *testing.T) {
	const max = 20_000
	c := newCache(max, time.Hour)
	key := func(i int) fragmentKey { return fragmentKey{template: "messages", room: fmt.Sprint(i)} }
	of := func(bytes int) fragment {
		return fragment{messages: MessageList{HTML: template.HTML(strings.Repeat("x", bytes))}}
	}
	check := func(want ...int) {
		t.Helper()
		var got []int
		sum := 0
		for element := c.order.Back(); element != nil; element = element.Prev() {
			entry := element.Value.(cacheEntry)
			var i int
			fmt.Sscan(entry.key.room, &i)
			got, sum = append(got, i), sum+entry.bytes()
		}
		if !slices.Equal(got, want) || len(c.entries) != len(want) || c.bytes != sum || sum > max {
			t.Errorf("the cache has %v, want %v; %d bytes, counted %d", got, want, sum, c.bytes)
		}
	}
	for i := range 5 {
		c.put(key(i), of(4000))
	}
	check(1, 2, 3, 4) // the least recently used first
	if _, ok := c.get(key(1)); !ok {
		t.Error("1 is not there")
	}
	c.put(key(5), of(4000))
	check(3, 4, 1, 5)
	c.put(key(3), of(100))
	check(4, 1, 5, 3)
	c.put(key(6), of(12_000))
	check(5, 3, 6)
	c.put(key(7), of(max)) // larger than the whole cache
	check()
	// Keys count, too.
	for i := range 1000 {
		c.put(key(i), of(0))
	}
	if n := len(c.entries); n == 0 || n > max/entryBytes {
		t.Errorf("%d empty fragments", n)
	}
}
