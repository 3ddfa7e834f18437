package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

var (
	errObject = errors.New("not a JSON object")
	errKeys   = fmt.Errorf("a JSON object with more than %d keys", maxKeys)
)

// maxKeys bounds the keys of a frame. No frame of the protocol has more than five. Each key
// costs a few allocations, and a frame has room for thousands.
const maxKeys = 32

// object is a frame, decoded one level deep. Keys match exactly, unlike those of a struct; of
// equal keys the last counts, as in JavaScript. Values keep their bytes, because decoding a
// string silently replaces its invalid characters.
type object map[string]json.RawMessage

// parseObject reads one object that fills the whole frame. Strings may have invalid UTF-8.
func parseObject(frame []byte) (object, error) {
	if commas(frame) >= maxKeys {
		return nil, errKeys
	}
	var o object
	if err := json.Unmarshal(frame, &o); err != nil || o == nil { // null makes a nil map
		return nil, errObject
	}
	return o, nil
}

// commas counts those between the keys of the object, if frame is one.
func commas(frame []byte) (n int) {
	depth := 0
	for i := 0; i < len(frame); i++ {
		switch frame[i] {
		case '"':
			for i++; i < len(frame) && frame[i] != '"'; i++ {
				if frame[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 1 {
				n++
			}
		}
	}
	return n
}

// text returns the string under key, or false if there is no string. Invalid characters in
// it become U+FFFD.
func (o object) text(key string) (string, bool) {
	raw := o[key]
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	if !bytes.ContainsRune(raw, '\\') && utf8.Valid(raw) {
		return string(raw[1 : len(raw)-1]), true // decoding it would take a third of the time for a frame
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// has reports whether there is a value under key, null included.
func (o object) has(key string) bool {
	_, found := o[key]
	return found
}

// loneSurrogate reports whether a JSON string has an escape such as \ud800 that is one half of
// a surrogate pair without the other half. raw must be well-formed JSON.
func loneSurrogate(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // the escaped character, which may be a backslash
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

// unit returns the UTF-16 code unit of an escape after its backslash, or 0 for an escape of
// another kind.
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
