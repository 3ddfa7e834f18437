package session

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

const (
	minPhraseRunes = 8
	// maxPhraseBytes bounds a phrase, and what is compared with it.
	maxPhraseBytes = 200
)

// Phrase is what guests of a private site know. Case and the number of spaces between words
// do not matter (RFC 8266).
type Phrase struct {
	hash [sha256.Size]byte // of the comparison key
}

// LoadPhrase reads the file that both services share. Its errors name the file and never show
// the phrase.
func LoadPhrase(path string) (*Phrase, error) {
	content, err := readSecret(path)
	if err != nil {
		return nil, fmt.Errorf("read phrase file: %w", err)
	}
	p, err := ParsePhrase(content)
	if err != nil {
		return nil, fmt.Errorf("phrase file %s: %w", path, err)
	}
	return p, nil
}

// ParsePhrase reads the phrase from a file's content: one line that is not blank.
func ParsePhrase(content []byte) (*Phrase, error) {
	line := bytes.TrimSpace(content)
	if bytes.ContainsAny(line, "\r\n") {
		return nil, errors.New("want one phrase on one line")
	}
	key, err := phraseKey(string(line))
	switch {
	case err != nil:
		return nil, err
	case utf8.RuneCountInString(key) < minPhraseRunes:
		return nil, fmt.Errorf("the phrase is too short, it must have at least %d characters", minPhraseRunes)
	}
	return &Phrase{sha256.Sum256([]byte(key))}, nil
}

// phraseKey returns what phrases are compared by.
func phraseKey(text string) (string, error) {
	if len(text) > maxPhraseBytes {
		return "", fmt.Errorf("the phrase is longer than %d bytes", maxPhraseBytes)
	}
	key, err := precis.Nickname.CompareKey(text)
	if err != nil {
		return "", errors.New("the phrase is empty or has characters that not every keyboard can type")
	}
	return key, nil
}

// Is reports whether typed is the phrase. The time tells nothing about the phrase.
func (p *Phrase) Is(typed string) bool {
	key, err := phraseKey(typed)
	sum := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(sum[:], p.hash[:]) == 1 && err == nil
}

// With returns keys that sign and verify sessions of guests who knew the phrase: no cookie
// from before a new phrase is valid. Hashes and derived keys stay the same. A nil phrase
// changes nothing.
func (k *Keys) With(p *Phrase) *Keys {
	if p == nil {
		return k
	}
	keys := slices.Clone(k.keys)
	for i := range keys {
		keys[i].cookies = newHasher(hash(keys[i].line, "phrase "+string(p.hash[:])))
	}
	return &Keys{keys}
}
