package wire

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
)

// Nonce identifies a message of a client. It is the same whenever the client sends the
// message again, so that the message is stored once.
type Nonce string

// A nonce has at least so many characters, so that two messages never have the same, and at most
// so many, so that it may be part of a Redis key.
const (
	minNonceLen = 16
	maxNonceLen = 64
)

// ErrBadNonce says that a string is not a nonce.
var ErrBadNonce = errors.New("bad nonce")

// ParseNonce returns the nonce in s: 16 to 64 letters, digits, "-" and "_" of ASCII. The only
// error is ErrBadNonce.
func ParseNonce(s string) (Nonce, error) {
	if len(s) < minNonceLen || len(s) > maxNonceLen {
		return "", ErrBadNonce
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return "", ErrBadNonce
		}
	}
	return Nonce(s), nil
}

// UnmarshalText is ParseNonce.
func (n *Nonce) UnmarshalText(text []byte) (err error) {
	*n, err = ParseNonce(string(text))
	return err
}

// NewNonce returns a nonce of 128 random bits.
func NewNonce() Nonce {
	var bits [16]byte
	rand.Read(bits[:]) // never fails: crypto/rand ends the program instead
	return Nonce(base64.RawURLEncoding.EncodeToString(bits[:]))
}
