package session_test

import (
	"slices"
	"strings"
	"testing"

	"chatter/shared/session"
)

func TestHashes_HaveTheOneOfTheCookieInEveryProcessThatAcceptsIt(t *testing.T) {
	first, second, third := newKey, oldKey, "the third line, as good as any other: 7fK2"
	signer := mustKeys(t, second)
	cookie := signer.Cookie(session.New(mustUser(t, "Ada")), issued, overHTTPS).Value
	signed, err := signer.FromRequest(request(cookie), issued, overHTTP)
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]*session.Keys{
		"its line alone":          signer,
		"a line came before it":   mustKeys(t, first, second),
		"a line came after it":    mustKeys(t, second, first),
		"two lines came, one old": mustKeys(t, third, second, first),
	} {
		s, err := keys.FromRequest(request(cookie), issued, overHTTP)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s.Hash != signed.Hash || !slices.Contains(keys.Hashes(s), signed.Hash) {
			t.Errorf("%s: the hash is %s among %q, and where it was signed %s", name, s.Hash, keys.Hashes(s), signed.Hash)
		}
		if !session.ValidHash(s.Hash) || strings.Contains(s.Hash, s.ID) {
			t.Errorf("%s: the hash of %s is %s", name, s.ID, s.Hash)
		}
	}
	other, err := mustKeys(t, first).FromRequest(request(mustKeys(t, first).Cookie(signed, issued, overHTTPS).Value), issued, overHTTP)
	if err != nil || other.Hash == signed.Hash {
		t.Errorf("the hash under another line is the same, error %v", err)
	}
}

func TestValidHash(t *testing.T) {
	for hash, want := range map[string]bool{
		"AAAAAAAAAAAAAAAAAAAAAA": true, "": false, "short": false, "AAAAAAAAAAAAAAAAAAAAA ": false,
		"AAAAAAAAAAAAAAAAAAAAAAAA": false, "AAAAAAAAAAAAAAAAAAAAA=": false,
	} {
		if session.ValidHash(hash) != want {
			t.Errorf("%q: want %v", hash, want)
		}
	}
}
