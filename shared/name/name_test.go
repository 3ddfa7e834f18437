package name

import "testing"

func TestKey_IsOneForAllSpellings(t *testing.T) {
	for _, spellings := range [][]string{
		{"go fans", "Go Fans", "GO FANS", "go  fans", " go fans ", "go\u3000fans", "Ｇｏ Ｆａｎｓ", "ｇｏ\u3000\u3000ｆａｎｓ"},
		{"étude", "ÉTUDE", "E\u0301tude", "e\u0301tude"},
		{"чай", "ЧАЙ", "Чай", "чаи\u0306"},
		{"カ", "ｶ"},
		{"k", "K", "\u212a"},
	} {
		for _, s := range spellings {
			if got := mustRoom(t, s).Key(); got != spellings[0] {
				t.Errorf("room key of %+q = %+q, want %+q", s, got, spellings[0])
			}
			if got := mustUser(t, s).Key(); got != spellings[0] {
				t.Errorf("user key of %+q = %+q, want %+q", s, got, spellings[0])
			}
		}
	}
}

func TestKey_TellsDifferentNamesApart(t *testing.T) {
	seen := map[string]string{}
	for _, s := range []string{"go", "go fans", "gofans", "gö", "茶", "茶馆", "🍵", "👍", "👍🏽", "..."} {
		key := mustRoom(t, s).Key()
		if other, taken := seen[key]; taken {
			t.Errorf("%q and %q have one key", s, other)
		}
		seen[key] = s
	}
}

func TestEqual_TellsSpellingsApart(t *testing.T) {
	if mustRoom(t, "Go Fans") == mustRoom(t, "go fans") {
		t.Error("two spellings are ==")
	}
	if mustRoom(t, "Go Fans") != mustRoom(t, " Go  Fans") {
		t.Error("one enforced form is not ==")
	}
}

func TestZero_IsNoName(t *testing.T) {
	if r := (Room{}); !r.IsZero() || r.String() != "" || r.Key() != "" {
		t.Errorf("zero room: %+v", r)
	}
	if u := (User{}); !u.IsZero() || u.String() != "" || u.Key() != "" {
		t.Errorf("zero user: %+v", u)
	}
}

func TestEscapedKeyAndPath(t *testing.T) {
	for _, tt := range []struct{ in, key, path string }{
		{"tea", "tea", "/chat/tea/"},
		{"Go Fans", "go%20fans", "/chat/Go%20Fans/"},
		{"{Tag}", "%7Btag%7D", "/chat/%7BTag%7D/"},
		{"50%?#", "50%25%3F%23", "/chat/50%25%3F%23/"},
		{`a\b`, "a%5Cb", `/chat/a%5Cb/`},
		{"%2e%2e", "%252e%252e", "/chat/%252e%252e/"},
		{"茶", "%E8%8C%B6", "/chat/%E8%8C%B6/"},
		{"🍵", "%F0%9F%8D%B5", "/chat/%F0%9F%8D%B5/"},
		{"a+b&c=d", "a+b&c=d", "/chat/a+b&c=d/"},
	} {
		room := mustRoom(t, tt.in)
		if got := room.EscapedKey(); got != tt.key {
			t.Errorf("room key of %q escaped = %q, want %q", tt.in, got, tt.key)
		}
		if got := mustUser(t, tt.in).EscapedKey(); got != tt.key {
			t.Errorf("user key of %q escaped = %q, want %q", tt.in, got, tt.key)
		}
		if got := room.Path(); got != tt.path {
			t.Errorf("path of %q = %q, want %q", tt.in, got, tt.path)
		}
	}
}

func TestParseRoomPath(t *testing.T) {
	for _, tt := range []struct {
		in, room string
		enforced bool
	}{
		{"tea/", "tea", true},
		{"tea", "tea", true},
		{"tea/messages/", "tea", true},
		{"Go%20Fans/", "Go Fans", true},
		{"Go%20%20Fans/", "Go Fans", false},
		{"Ｇｏ/", "Go", false},
		{"caf%C3%A9/", "café", true},
		{"50%25/", "50%", true},
		{"a+b/", "a+b", true},
		{"", "", false},
		{"/tea/", "", false},
		{"a%2Fb/", "", false},
		{"%2e%2e/", "", false},
		{"50%/", "", false},
		{"%FF/", "", false},
	} {
		room, enforced, err := ParseRoomPath(tt.in)
		if room.String() != tt.room || enforced != tt.enforced || (err == nil) != (tt.room != "") {
			t.Errorf("ParseRoomPath(%q) = %q, %v, %v; want %q, %v", tt.in, room, enforced, err, tt.room, tt.enforced)
		}
	}
}
