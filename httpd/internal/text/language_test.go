package text

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

func loadAll(t *testing.T) []*Language {
	t.Helper()
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func TestLanguages_HaveTheSameKeysAndPlaceholders(t *testing.T) {
	all := loadAll(t)
	if len(all) < 2 {
		t.Fatal("there is only one language")
	}
	want := all[0]
	for _, other := range all[1:] {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want.texts)), slices.Sorted(maps.Keys(other.texts))); diff != "" {
			t.Errorf("keys of %s (-) and %s (+):\n%s", want.Lang, other.Lang, diff)
		}
		if diff := cmp.Diff(keysOf(t, want.scripts), keysOf(t, other.scripts)); diff != "" {
			t.Errorf("keys of the scripts, %s (-) and %s (+):\n%s", want.Lang, other.Lang, diff)
		}
		for key, forms := range other.texts {
			for form, text := range forms {
				in := want.texts[key][plural.Other]
				if diff := cmp.Diff(places(in), places(text)); diff != "" {
					t.Errorf("%s, %s (%v): the places differ from those of %q:\n%s", other.Lang, key, form, in, diff)
				}
			}
			if counts, also := len(want.texts[key]) > 1, len(forms) > 1; counts != also {
				t.Errorf("%s, %s: counts in one of the languages only", other.Lang, key)
			}
			if strings.TrimSpace(forms[plural.Other]) == "" {
				t.Errorf("%s, %s is empty", other.Lang, key)
			}
		}
	}
}

func keysOf(t *testing.T, scripts json.RawMessage) []string {
	t.Helper()
	var words map[string]any
	if err := json.Unmarshal(scripts, &words); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(words))
}

// places are the placeholders in a text, each once.
func places(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestSay_FillsPlaceholdersAndPluralForms(t *testing.T) {
	all := loadAll(t)
	en, de := all[0], all[slices.IndexFunc(all, func(t *Language) bool { return t.Lang == "de" })]
	for _, tt := range []struct{ got, want string }{
		{en.Say("ago.minutes", "n", 1), "1 minute ago"},
		{en.Say("say.too_long", "n", 2000, "kib", 8), "Your message is too long: at most 2,000 characters (8 KiB), please."},
		{de.Say("say.too_long", "n", 2000, "kib", 8), "Deine Nachricht ist zu lang: bitte höchstens 2.000 Zeichen (8 KiB)."},
		{en.Say("none"), "none"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestAbout_IsNeverTooShort(t *testing.T) {
	l := loadAll(t)[0]
	for d, want := range map[time.Duration]string{
		time.Millisecond:             "1 minute",
		time.Minute + time.Second:    "2 minutes",
		time.Hour:                    "1 hour",
		2*time.Hour - time.Second:    "2 hours",
		2*time.Hour + time.Second:    "3 hours",
		24*time.Hour + 5*time.Minute: "25 hours",
		49 * time.Hour:               "3 days",
	} {
		if got := l.About(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestDuration_UsesTheLargestWholeUnit(t *testing.T) {
	all := loadAll(t)
	for d, want := range map[time.Duration][2]string{
		10 * time.Second:         {"10 seconds", "10 Sekunden"},
		time.Minute:              {"1 minute", "1 Minute"},
		90 * time.Minute:         {"90 minutes", "90 Minuten"},
		time.Hour:                {"1 hour", "1 Stunde"},
		24 * time.Hour:           {"24 hours", "24 Stunden"},
		25 * time.Hour:           {"25 hours", "25 Stunden"},
		48 * time.Hour:           {"2 days", "2 Tage"},
		720 * time.Hour:          {"30 days", "30 Tage"},
		time.Hour + time.Second:  {"3,601 seconds", "3.601 Sekunden"},
		12300 * time.Millisecond: {"13 seconds", "13 Sekunden"},
	} {
		for _, l := range all {
			if got := l.Duration(d); got != want[map[string]int{"en": 0, "de": 1}[l.Lang]] {
				t.Errorf("%s, %v: %q", l.Lang, d, got)
			}
		}
	}
}

func TestAgo_SaysTheSameAsTheScript(t *testing.T) {
	content, err := os.ReadFile("testdata/ago.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	if err := json.Unmarshal(content, &lines); err != nil || len(lines) == 0 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for _, l := range loadAll(t) {
		for _, line := range lines {
			d := time.Duration(line["seconds"].(float64)) * time.Second
			if got := l.Ago(d); got != line[l.Lang] {
				t.Errorf("%s, %v: %q, want %q", l.Lang, d, got, line[l.Lang])
			}
		}
	}
}

func TestChoose_AgreesWithTheMatcher(t *testing.T) {
	all := loadAll(t)
	c := NewChooser(all)
	for accept, want := range map[string]string{
		"": "en", "de": "de", "de-AT,en;q=0.5": "de", "en-GB,en;q=0.9,de;q=0.8": "en", "DE-de": "de", "de;q=0.5,en;q=0.9": "en",
		"de;q=0": "en", "tlh,de": "de", "tlh": "en", "*": "en", "%%%": "en", "de,%%%": "de", ",": "en",
	} {
		if got := c.Choose(accept).Lang; got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
	// The fast way must not choose between two languages with one primary subtag.
	c = NewChooser([]*Language{all[0], {Lang: "zh-Hans", tag: language.MustParse("zh-Hans")}, {Lang: "zh-Hant", tag: language.MustParse("zh-Hant")}})
	for accept, want := range map[string]string{"zh-TW,zh;q=0.9": "zh-Hant", "zh-CN,zh": "zh-Hans", "zh": "zh-Hans"} {
		if got := c.Choose(accept).Lang; got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}
