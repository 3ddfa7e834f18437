package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

var errObject = errors.New("not a JSON object")

// object is a frame taken apart one level deep. Keys match exactly, which
// decoding into a struct would not insist on; of equal keys the last counts, as
// in JavaScript. Values keep their bytes, because decoding a string replaces
// what is broken in it without a word.
type object map[string]json.RawMessage

// parseObject reads one object that fills the whole frame. It does not mind
// invalid UTF-8 inside strings.
func parseObject(frame []byte) (object, error) {
	var o object
	if err := json.Unmarshal(frame, &o); err != nil || o == nil { // null makes a nil map
		return nil, errObject
	}
	return o, nil
}

// text returns the string under key; false when there is none, or what is
// there is no string. Broken characters in it become U+FFFD.
func (o object) text(key string) (string, bool) {
	raw := o[key]
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	if !bytes.ContainsRune(raw, '\\') && utf8.Valid(raw) {
		return string(raw[1 : len(raw)-1]), true // to decode it would be a third of the work on a frame
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// has reports whether there is anything under key, if only null.
func (o object) has(key string) bool {
	_, found := o[key]
	return found
}

// loneSurrogate reports whether a JSON string has an escape such as \ud800
// that is half of a pair without its other half, and so no character. raw must
// be well-formed JSON.
func loneSurrogate(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // the escaped character, never looked at as a backslash
		switch high := unit(raw[i:]); {
		case isLow(high):
			return true
		case isHigh(high):
			i += len("u0000")
			if raw[i] != '\\' || !isLow(unit(raw[i+1:])) {
				return true
			}
			i++
		}
	}
	return false
}

// unit returns the UTF-16 code unit of an escape after its backslash, or 0
// when it is an escape of another kind.
func unit(escape []byte) uint16 {
	if escape[0] != 'u' {
		return 0
	}
	var u uint16
	for _, c := range escape[1:5] {
		u <<= 4
		switch {
		case c <= '9':
			u |= uint16(c - '0')
		default:
			u |= uint16(c|0x20-'a') + 10
		}
	}
	return u
}

func isHigh(u uint16) bool { return u >= 0xd800 && u < 0xdc00 }
func isLow(u uint16) bool  { return u >= 0xdc00 && u < 0xe000 }
