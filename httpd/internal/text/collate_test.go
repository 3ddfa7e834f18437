package text

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"
)

// The scripts have the same test (collate.test.js).
func TestSortFunc(t *testing.T) {
	data, err := os.ReadFile("testdata/collate.json")
	if err != nil {
		t.Fatal(err)
	}
	var orders map[string][]string
	if err := json.Unmarshal(data, &orders); err != nil {
		t.Fatal(err)
	}
	for lang, want := range orders {
		l := &Language{tag: language.MustParse(lang)}
		byBytes := slices.Sorted(slices.Values(want))
		reversed := slices.Clone(want)
		slices.Reverse(reversed)
		for _, names := range [][]string{byBytes, reversed} {
			SortFunc(l, names, func(name string) string { return name })
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("%s:\n%s", lang, diff)
			}
		}
	}
	for _, l := range loadAll(t) {
		if orders[l.Lang] == nil {
			t.Errorf("testdata/collate.json has no order for %s", l.Lang)
		}
	}
}
