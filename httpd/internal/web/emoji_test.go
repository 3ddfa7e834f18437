package web

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
)

func TestOnlyEmoji_IsTheRuleOfThePagesScript(t *testing.T) {
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

// Else a row would grow when the script starts.
func TestRoom_EmojiAreLargeFromTheFirst(t *testing.T) {
	site := newSite(t)
	for _, text := range []string{"hello 🙈", "🙈 🎉", "12"} {
		site.say("x", text)
	}
	b := site.guest("Ann")
	for _, path := range []string{"/chat/x/", "/chat/x/log/"} {
		rows := b.get(path).wantPage(http.StatusOK).Find("#log > li.message")
		if large := rows.Filter(".emoji"); rows.Length() != 3 || large.Length() != 1 || large.Find("p").Text() != "🙈 🎉" {
			t.Errorf("%s: %d rows, large %q", path, rows.Length(), large.Find("p").Text())
		}
	}
}
