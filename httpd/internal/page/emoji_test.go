package page

import (
	"encoding/json"
	"os"
	"testing"
)

func TestOnlyEmoji_HasTheSameRuleAsTheScript(t *testing.T) {
	content, err := os.ReadFile("testdata/emoji.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases struct{ Large, Small []string }
	if err := json.Unmarshal(content, &cases); err != nil || len(cases.Large) == 0 || len(cases.Small) == 0 {
		t.Fatalf("%d and %d cases, %v", len(cases.Large), len(cases.Small), err)
	}
	for want, texts := range map[bool][]string{true: cases.Large, false: cases.Small} {
		for _, text := range texts {
			if got := onlyEmoji(text); got != want {
				t.Errorf("%q (%+q): %v", text, text, got)
			}
		}
	}
}
