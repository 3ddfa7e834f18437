package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestParseNonce(t *testing.T) {
	for _, s := range []string{
		"0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz-_0123456789", "----------------", strings.Repeat("z", 64),
	} {
		if n, err := ParseNonce(s); err != nil || string(n) != s {
			t.Errorf("ParseNonce(%q) = %q, %v", s, n, err)
		}
	}
	for _, s := range []string{
		"", "0123456789abcde", strings.Repeat("z", 65), "0123456789abcde:", "0123456789abcde ", "0123456789abcde=", "0123456789abcde/",
		"0123456789abcde+", "0123456789abcde}", "0123456789abcde\n", "0123456789abcde\x00", "0123456789abcdé", "0123456789abcde@", "0123456789abcde[",
		"0123456789abcde`", "0123456789abcde{",
	} {
		if n, err := ParseNonce(s); !errors.Is(err, ErrBadNonce) || n != "" {
			t.Errorf("ParseNonce(%q) = %q, %v", s, n, err)
		}
	}
}

func TestNewNonce_IsANonceOfItsOwn(t *testing.T) {
	seen := map[Nonce]bool{}
	for range 1000 {
		n := NewNonce()
		if _, err := ParseNonce(string(n)); err != nil || len(n) != 22 {
			t.Fatalf("%q: %v", n, err)
		}
		if seen[n] {
			t.Fatalf("%q twice", n)
		}
		seen[n] = true
	}
}
