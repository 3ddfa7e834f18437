package text

import (
	"slices"
	"strings"
	"testing"

	"chatter/shared/name"
)

// Of thousands one is hardly ever offered that another guest has.
func TestNames_AreThousandsOfGoodOnes(t *testing.T) {
	for _, l := range loadAll(t) {
		keys := make(map[string]bool)
		for _, s := range l.Names {
			user, err := name.ParseUser(s)
			if err != nil || user.String() != s {
				t.Errorf("%s: %q: %q, %v", l.Lang, s, user, err)
			}
			if keys[user.Look()] {
				t.Errorf("%s: %q can be mistaken for another name", l.Lang, s)
			}
			keys[user.Look()] = true
			if strings.Count(s, " ") != 1 || strings.ContainsAny(s, "{}") {
				t.Errorf("%s: %q is not two words", l.Lang, s)
			}
		}
		if len(keys) < 3000 {
			t.Errorf("%s has %d names", l.Lang, len(keys))
		}
	}
}

func TestNames_GermanAdjectivesAgreeWithTheirNouns(t *testing.T) {
	all := loadAll(t)
	de := all[slices.IndexFunc(all, func(l *Language) bool { return l.Lang == "de" })]
	for _, want := range []string{"Stiller Reiher", "Stille Eule", "Stilles Reh", "Leiser Storch", "Heitere Wolke", "Weises Wiesel"} {
		if !slices.Contains(de.Names, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, wrong := range []string{"Stille Reiher", "Stiller Eule", "Stille Reh"} {
		if slices.Contains(de.Names, wrong) {
			t.Errorf("%q is offered", wrong)
		}
	}
}
