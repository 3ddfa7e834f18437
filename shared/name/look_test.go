package name

import (
	"testing"
)

func TestLook_IsOneForNamesThatLookAlike(t *testing.T) {
	for _, alike := range [][]string{
		{"paypal", "раураl", "pаypal", "PayPal", "paypaI", "paypa1"},
		{"lobby", "1obby", "Iobby", "|obby", "l0bby", "lоbby", "LOBBY"},
		{"room", "roorn", "ROOM", "rооm"},
		{"сор", "cop", "COP", "СОР"},
		{"go fans", "Go Fans", "gо fаns"},
		{"Ōe", "Ōе"},
	} {
		for _, s := range alike {
			if got, want := mustUser(t, s).Look(), mustRoom(t, alike[0]).Look(); got != want {
				t.Errorf("%+q looks like %+q, want %+q", s, got, want)
			}
		}
	}
}

func TestLook_TellsDifferentNamesApart(t *testing.T) {
	seen := map[string]string{}
	for _, s := range []string{"go", "gö", "go fans", "gofans", "ann", "anna", "bob", "чай", "茶", "茶馆", "🍵", "👍", "👍🏽", "...", "1", "2", "a-b", "a_b", "ß"} {
		look := mustUser(t, s).Look()
		if other, taken := seen[look]; taken {
			t.Errorf("%q and %q have one look", s, other)
		}
		seen[look] = s
	}
}

// The look of a name must not depend on how it is typed.
func FuzzLook(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		user, err := ParseUser(s)
		if err != nil {
			return
		}
		if user.Look() == "" {
			t.Errorf("%+q looks like nothing", user)
		}
		if again, err := ParseUser(user.String()); err != nil || again.Look() != user.Look() {
			t.Errorf("%+q parsed again looks like %+q (%v), want %+q", user, again.Look(), err, user.Look())
		}
	})
}
