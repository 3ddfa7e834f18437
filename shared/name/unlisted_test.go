package name

import (
	"strings"
	"testing"
	"unicode"
)

func TestUnlisted_IsARoomThatBeginsWithATilde(t *testing.T) {
	for s, want := range map[string]bool{
		"~": true, "~tea": true, " ~ tea": true, "~~": true, "~茶": true, "～tea": true, "〜茶": true, "∼tea": true, "⁓tea": true, "˜tea": true,
		"tea": false, "tea~": false, "t~ea": false, "-tea": false, "ñ": false, "≈tea": false, "🍵": false, "ー茶": false,
	} {
		if got := mustRoom(t, s).Unlisted(); got != want {
			t.Errorf("%+q: unlisted %v, want %v", s, got, want)
		}
	}
	if (Room{}).Unlisted() {
		t.Error("the zero room is unlisted")
	}
}

// No name can be mistaken for one that is not listed.
func TestUnlisted_HoldsForAllThatLooksLikeATilde(t *testing.T) {
	tildes := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		room, err := ParseRoom(string(r) + "tea")
		if err != nil || !strings.HasPrefix(room.Look(), "~") {
			continue
		}
		if tildes++; !room.Unlisted() {
			t.Errorf("%U looks like a tilde, and the room is listed", r)
		}
	}
	if tildes < 4 {
		t.Errorf("only %d characters look like a tilde", tildes)
	}
}
