package origin_test

import (
	"net/http/httptest"
	"testing"

	"chatter/shared/origin"
)

func TestParse(t *testing.T) {
	for given, want := range map[string]string{
		"https://chat.example.org":      "https://chat.example.org",
		"HTTPS://Chat.Example.Org":      "https://chat.example.org",
		"https://chat.example.org:443":  "https://chat.example.org",
		"https://chat.example.org:8443": "https://chat.example.org:8443",
		"http://chat.example.org:443":   "http://chat.example.org:443",
		"http://127.0.0.1:80":           "http://127.0.0.1",
		"http://[::1]:8080":             "http://[::1]:8080",
	} {
		if got, err := origin.Parse(given); err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v; want %q", given, got, err, want)
		}
	}
	for _, given := range []string{
		"", "null", "chat.example.org", "//chat.example.org", "ftp://chat.example.org", "https://", "https://:443",
		"https://chat.example.org/", "https://chat.example.org/chat", "https://chat.example.org?a", "https://chat.example.org#a",
		"https://user@chat.example.org", "https://chat.example.org https://b.example", "https:chat.example.org",
	} {
		if got, err := origin.Parse(given); err == nil || got != (origin.Origin{}) {
			t.Errorf("%q: got %q, %v; want an error", given, got, err)
		}
	}
}

func TestOf(t *testing.T) {
	public, err := origin.Parse("https://chat.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host, proto string
		public      origin.Origin
		want        string
		secure      bool
	}{
		{"Chat.example:8080", "", origin.Origin{}, "http://chat.example:8080", false},
		{"chat.example:80", "http", origin.Origin{}, "http://chat.example", false},
		{"chat.example:443", "https", origin.Origin{}, "https://chat.example", true},
		{"chat.example", "HTTPS, http", origin.Origin{}, "http://chat.example", false},
		{"127.0.0.1:8080", "http", public, "https://chat.example.org", true},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = test.host
		r.Header.Set("X-Forwarded-Proto", test.proto)
		got := origin.Of(r, test.public)
		if got.String() != test.want || got.Secure() != test.secure {
			t.Errorf("%+v: got %q, secure %v", test, got, got.Secure())
		}
	}
}
