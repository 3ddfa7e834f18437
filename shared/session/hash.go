package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"io"
)

const (
	// hashBytes is the length of a hash before encoding: two sessions never have the same.
	hashBytes = 16
	// hashPurpose derives the key of the hashes from a line of the secret, so that a hash is
	// never a signature.
	hashPurpose = "chatter: hashes of session ids"
	namePurpose = "chatter: hashes of names"
	// authorPurpose does the same for [Author].
	authorPurpose = "chatter: authors of messages"
)

// Author is a keyed hash of the session's ID that is only in memory. It has nothing in common
// with the hashes that are stored, so that nobody can test those with it.
type Author [hashBytes]byte

func author(key []byte, id string) Author {
	return Author(hash(hash(key, authorPurpose), id)[:hashBytes])
}

// Hashes returns the keyed hashes of the session's ID, one for each line of the secret. Only
// as such a hash may a session be stored: without the secret and the cookie it tells nothing.
//
// [Session.Hash] is the one under the line that signed the cookie. It is among the Hashes of
// every process that accepts the cookie, whatever the order of the lines is there and
// whatever lines were added or removed in between.
func (k *Keys) Hashes(s Session) []string {
	hashes := make([]string, len(k.keys))
	for i, key := range k.keys {
		hashes[i] = idHash(key, s.ID)
	}
	return hashes
}

// NameHashes returns the keyed hashes of a name's comparison key, one for each line of the secret.
// Only as such may an order that concerns a name be stored.
func (k *Keys) NameHashes(key string) []string {
	hashes := make([]string, len(k.keys))
	for i, line := range k.keys {
		hashes[i] = encoding.EncodeToString(hash(hash(line, namePurpose), key)[:hashBytes])
	}
	return hashes
}

// ValidHash reports whether s has the form of a hash.
func ValidHash(s string) bool {
	b, err := encoding.DecodeString(s)
	return err == nil && len(b) == hashBytes
}

func idHash(key []byte, id string) string {
	return encoding.EncodeToString(hash(hash(key, hashPurpose), id)[:hashBytes])
}

func hash(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, text)
	return h.Sum(nil)
}
