package session

import (
	"bytes"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	// minKeyBytes is the length of the shortest accepted key: 128 bits if it is random and
	// written in hexadecimal.
	minKeyBytes = 32
	// minDistinctBytes is how many different characters a key must have. A random key in
	// hexadecimal has fewer with a probability below one in a million.
	minDistinctBytes = 8
)

// maxSecretBytes bounds the secret file, so that a wrong path (a device, a log) is an error
// and does not fill the memory.
const maxSecretBytes = 64 << 10

// Keys signs and verifies cookies. The first key signs, all keys verify. To rotate a key, put
// a new line on top, and remove the old line when Lifetime has passed. Keys is safe for
// concurrent use.
type Keys struct {
	keys []key // at least one
}

// key is a line of the secret with the keyed hash for each purpose.
type key struct {
	line                            []byte
	cookies, hashes, names, authors *hasher
}

func newKey(line []byte) key {
	derived := func(purpose string) *hasher { return newHasher(hash(line, purpose)) }
	return key{line, newHasher(line), derived(hashPurpose), derived(namePurpose), derived(authorPurpose)}
}

// ParseKeys reads a secret: one key a line, blank lines skipped, white space
// around a key ignored. Errors name the line and never show a key.
func ParseKeys(secret []byte) (*Keys, error) {
	var k Keys
	number := 0
	for line := range bytes.Lines(secret) {
		number++
		key := bytes.TrimSpace(line)
		if len(key) == 0 {
			continue
		}
		if len(key) < minKeyBytes {
			return nil, fmt.Errorf("line %d: a key of %d bytes is too short, it must have at least %d", number, len(key), minKeyBytes)
		}
		if repetitive(key) {
			return nil, fmt.Errorf("line %d: a key that repeats a few characters can be guessed", number)
		}
		k.keys = append(k.keys, newKey(bytes.Clone(key)))
	}
	if len(k.keys) == 0 {
		return nil, errors.New("line 1: no key")
	}
	return &k, nil
}

// repetitive reports whether a key has few different characters, or repeats its beginning to
// its end.
func repetitive(key []byte) bool {
	distinct := make(map[byte]bool)
	for _, c := range key {
		distinct[c] = true
	}
	for period := 1; period <= len(key)/2; period++ {
		if bytes.Equal(key[period:], key[:len(key)-period]) {
			return true
		}
	}
	return len(distinct) < minDistinctBytes
}

// LoadKeys reads the secret file that both services share. Its errors tell the
// operator how to make one.
func LoadKeys(path string) (*Keys, error) {
	if path == "" {
		return nil, errors.New("no secret file is named; " + howToMake("FILE"))
	}
	secret, err := readSecret(path)
	if err != nil {
		return nil, fmt.Errorf("read secret file: %w; %s", err, howToMake(path))
	}
	k, err := ParseKeys(secret)
	if err != nil {
		return nil, fmt.Errorf("secret file %s: %w; %s", path, err, howToMake(path))
	}
	return k, nil
}

func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o027 != 0 {
		return nil, fmt.Errorf("%s has mode %#o, with which others may read or write it, use: chmod g-w,o= %s", path, info.Mode().Perm(), path)
	}
	secret, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil {
		return nil, err
	}
	if len(secret) > maxSecretBytes {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxSecretBytes)
	}
	return secret, nil
}

func howToMake(path string) string {
	return fmt.Sprintf("make one, readable by both services alone, with: (umask 027; head -c 33 /dev/urandom | base64 > %s)", path)
}

// String keeps the keys out of logs.
func (k *Keys) String() string { return fmt.Sprintf("%d keys", len(k.keys)) }

// GoString keeps the keys out of %#v too.
func (k *Keys) GoString() string { return k.String() }

// Derive returns a key for another purpose than signing, made of the newest key. All
// processes with the same secret file get the same.
func (k *Keys) Derive(purpose string) []byte { return hash(k.keys[0].line, "key for "+purpose) }

// sign returns the signature of a payload under the newest key.
func (k *Keys) sign(payload string) []byte { return k.keys[0].mac(payload) }

// verify returns the key that made the signature, if one did. It tries every key and compares
// in constant time, so that the time tells nothing about the signature or the key.
func (k *Keys) verify(payload string, signature []byte) (signer key, ok bool) {
	for _, key := range k.keys {
		if hmac.Equal(key.mac(payload), signature) {
			signer, ok = key, true
		}
	}
	return signer, ok
}

// mac signs the purpose and the encoded payload. With the purpose, other data that the same
// secret signs is never a valid session.
func (k key) mac(payload string) []byte { return k.cookies.sum("chatter=" + payload) }
