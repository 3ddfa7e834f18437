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
				if diff := cmp.Diff(places(in), places(text)); diff != "" && !(saysNumber(other, form) && diffIsN(in, text)) {
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

// The catalog has a text for each number that a page may show.
func TestLanguages_HaveAllTheirPluralForms(t *testing.T) {
	for _, l := range loadAll(t) {
		want := make(map[plural.Form]bool)
		for n := range 1000 {
			want[plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)] = true
		}
		for key, forms := range l.texts {
			for form := range want {
				if _, ok := forms[form]; !ok && len(forms) > 1 {
					t.Errorf("%s, %s: the form %v is missing", l.Lang, key, form)
				}
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

// saysNumber reports whether a form is for one number alone, which the text may say in a word.
func saysNumber(l *Language, form plural.Form) bool {
	n := 0
	for i := range 1000 {
		if plural.Cardinal.MatchPlural(l.tag, i, 0, 0, 0, 0) == form {
			n++
		}
	}
	return n == 1
}

// diffIsN reports whether text has all places of in but {n}.
func diffIsN(in, text string) bool {
	return slices.Equal(places(strings.ReplaceAll(in, "{n}", "")), places(text))
}

// places are the placeholders in a text, each once.
func places(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestSay_FillsPlaceholdersAndPluralForms(t *testing.T) {
	all := loadAll(t)
	named := NewChooser(all).Named
	en, de, ar := named("en"), named("de"), named("ar")
	for _, tt := range []struct{ got, want string }{
		{en.Text("ago.minutes", "n", 1), "1 minute ago"},
		{en.Text("say.too_long", "n", 2000, "kib", 8), "Your message is too long: at most 2,000 characters (8 KiB), please."},
		{de.Text("say.too_long", "n", 2000, "kib", 8), "Deine Nachricht ist zu lang: bitte höchstens 2.000 Zeichen (8 KiB)."},
		{ar.Text("time.days", "n", 1), "يوم واحد"},
		{ar.Text("time.days", "n", 2), "يومين"},
		{ar.Text("time.days", "n", 3), "3 أيام"},
		{ar.Text("time.days", "n", 11), "11 يومًا"},
		{ar.Text("time.days", "n", 100), "100 يوم"},
		{ar.Text("room.count_bytes", "n", 1203, "most", 8192), "1,203 من 8,192 بايت"},
		{en.Text("none"), "none"},
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
	for d, want := range map[time.Duration]map[string]string{
		10 * time.Second:         {"en": "10 seconds", "de": "10 Sekunden", "ar": "10 ثوانٍ"},
		time.Minute:              {"en": "1 minute", "de": "1 Minute", "ar": "دقيقة واحدة"},
		90 * time.Minute:         {"en": "90 minutes", "de": "90 Minuten", "ar": "90 دقيقة"},
		time.Hour:                {"en": "1 hour", "de": "1 Stunde", "ar": "ساعة واحدة"},
		24 * time.Hour:           {"en": "24 hours", "de": "24 Stunden", "ar": "24 ساعة"},
		25 * time.Hour:           {"en": "25 hours", "de": "25 Stunden", "ar": "25 ساعة"},
		48 * time.Hour:           {"en": "2 days", "de": "2 Tage", "ar": "يومين"},
		720 * time.Hour:          {"en": "30 days", "de": "30 Tage", "ar": "30 يومًا"},
		time.Hour + time.Second:  {"en": "3,601 seconds", "de": "3.601 Sekunden", "ar": "3,601 ثانية"},
		12300 * time.Millisecond: {"en": "13 seconds", "de": "13 Sekunden", "ar": "13 ثانية"},
	} {
		for _, l := range all {
			if got := l.Duration(d); got != want[l.Lang] {
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
		"": "en", "de": "de", "ar": "ar", "ar-EG,en;q=0.9": "ar", "fa,ar;q=0.9,en;q=0.8": "ar", "en,ar": "en", "de-AT,en;q=0.5": "de", "en-GB,en;q=0.9,de;q=0.8": "en", "DE-de": "de", "de;q=0.5,en;q=0.9": "en",
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
