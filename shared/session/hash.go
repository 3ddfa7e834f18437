package session

import (
	"crypto/hmac"
	"crypto/sha256"
	keyed "hash"
	"io"
	"sync"
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

func (k key) author(id string) Author { return Author(k.authors.sum(id)[:hashBytes]) }

// Hashes returns the keyed hashes of the session's ID, one for each line of the secret. Only
// as such a hash may a session be stored: without the secret and the cookie it tells nothing.
//
// [Session.Hash] is the one under the line that signed the cookie. It is among the Hashes of
// every process that accepts the cookie, whatever the order of the lines is there and
// whatever lines were added or removed in between.
func (k *Keys) Hashes(s Session) []string {
	hashes := make([]string, len(k.keys))
	for i, key := range k.keys {
		hashes[i] = key.idHash(s.ID)
	}
	return hashes
}

// NameHashes returns the keyed hashes of a name's comparison key, one for each line of the secret.
// Only as such may an order that concerns a name be stored.
func (k *Keys) NameHashes(name string) []string {
	hashes := make([]string, len(k.keys))
	for i, key := range k.keys {
		hashes[i] = encoding.EncodeToString(key.names.sum(name)[:hashBytes])
	}
	return hashes
}

// ValidHash reports whether s has the form of a hash.
func ValidHash(s string) bool {
	b, err := encoding.DecodeString(s)
	return err == nil && len(b) == hashBytes
}

func (k key) idHash(id string) string {
	return encoding.EncodeToString(k.hashes.sum(id)[:hashBytes])
}

func hash(key []byte, text string) []byte { return newHasher(key).sum(text) }

// hasher makes keyed hashes under one key. It keeps prepared ones: to prepare takes longer than
// to hash a cookie, and each handshake and each page needs three.
type hasher struct{ prepared sync.Pool }

func newHasher(key []byte) *hasher {
	return &hasher{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

func (h *hasher) sum(text string) []byte {
	m := h.prepared.Get().(keyed.Hash)
	_, _ = io.WriteString(m, text)
	sum := m.Sum(nil)
	m.Reset() // it forgets the text
	h.prepared.Put(m)
	return sum
}
