package page

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/recent"
)

// The lists come in the order of bytes. The page has the names of an interval in the order of
// its language, and the newest interval first all the same.
func TestRecents_AreInTheOrderOfTheLanguage(t *testing.T) {
	p, languages := newPages(t)
	now := time.Now().Truncate(time.Minute)
	lists := new(recent.Lists)
	for i, names := range [][]string{{"Zoe", "bob", "Äpfel"}, {"Ann", "Zed", "ann B"}} {
		for _, name := range names {
			line := recent.Line{Name: name, Key: strings.ToLower(name), At: now.Add(-time.Duration(i) * time.Minute)}
			lists.Users, lists.Rooms = append(lists.Users, line), append(lists.Rooms, line)
		}
	}
	want := []string{"Äpfel", "bob", "Zoe", "Ann", "ann B", "Zed"}
	for _, l := range languages {
		for range 2 { // the second time from the cache
			users, rooms, err := p.Recents(l, lists, now)
			if err != nil {
				t.Fatal(err)
			}
			for name, list := range map[string]Recents{"users": users, "rooms": rooms} {
				if got := shownNames(string(list.All())); !slices.Equal(got, want) {
					t.Errorf("%s, %s: %q, want %q", l.Lang, name, got, want)
				}
				if got := shownNames(string(list.Without("bob"))); !slices.Equal(got, slices.Delete(slices.Clone(want), 1, 2)) {
					t.Errorf("%s, %s without bob: %q", l.Lang, name, got)
				}
			}
		}
	}
	if lists.Users[0].Name != "Zoe" {
		t.Error("the lists of the caller have changed")
	}
}

func shownNames(html string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`<bdi>(.*?)</bdi>`).FindAllStringSubmatch(html, -1) {
		names = append(names, m[1])
	}
	return names
}
