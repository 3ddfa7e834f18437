package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxKeys bounds the keys of a frame. No frame of the protocol has more than five. Each key
// costs a few allocations, and a frame has room for thousands.
const maxKeys = 32

// object is a frame, decoded one level deep. Keys match exactly, unlike those of a struct; of
// equal keys the last counts, as in JavaScript.
type object map[string]json.RawMessage

// parseObject reads one object that fills the whole frame. Of an object that is refused for
// invalid UTF-8 it returns the keys all the same.
func parseObject(frame []byte) (o object, refusal *Refusal) {
	switch {
	case commas(frame) >= maxKeys:
		refusal = &Refusal{Code: CodeBadFrame, Detail: fmt.Sprintf("a JSON object with more than %d keys", maxKeys)}
	case json.Unmarshal(frame, &o) != nil || o == nil: // null makes a nil map
		refusal = &Refusal{Code: CodeBadFrame, Detail: "not a JSON object"}
	}
	if !utf8.Valid(frame) {
		refusal = &Refusal{Code: CodeBadText, Detail: "broken characters (invalid UTF-8)"}
	}
	return o, refusal
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

// has reports whether there is a value under key, null included.
func (o object) has(key string) bool {
	_, found := o[key]
	return found
}

// text returns the string under key, or false if there is no string. Broken characters in it
// become U+FFFD.
func (o object) text(key string) (s string, ok bool) {
	raw := o[key]
	switch {
	case len(raw) == 0 || raw[0] != '"':
		return "", false
	case bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw):
		return string(raw[1 : len(raw)-1]), true // as it is, which parseObject has checked
	}
	ok = json.Unmarshal(raw, &s) == nil
	return s, ok
}

// decode decodes the value under key into v. There must be one other than null.
func (o object) decode(key string, v any) error {
	raw := o[key]
	s, _ := o.text(key)
	if raw == nil || string(raw) == "null" || loneSurrogate(raw, s) {
		return fmt.Errorf("%s: missing or broken", key)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// loneSurrogate reports whether the JSON string raw has an escape such as \ud800 that is one half
// of a surrogate pair without the other half. decoded is the string: it has U+FFFD for each such
// escape, and for each U+FFFD in raw.
func loneSurrogate(raw []byte, decoded string) bool {
	const replacement = string(utf8.RuneError)
	found := strings.Count(decoded, replacement)
	if found == 0 {
		return false
	}
	// An escaped backslash before "ufffd" is no escape of U+FFFD.
	typed := strings.ReplaceAll(strings.ToLower(string(raw)), `\\`, "")
	return found > strings.Count(typed, replacement)+strings.Count(typed, `\ufffd`)
}
