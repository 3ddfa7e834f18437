package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseObject_TakesOneObjectAndNothingElse(t *testing.T) {
	for in, want := range map[string]bool{
		`{}`: true, ` { "a" : null } `: true, "{\"a\":\"\xff\"}": true,
		``: false, `null`: false, `[]`: false, `"{}"`: false, `1`: false, `{}{}`: false, `{}x`: false, `{"a":1,}`: false, `{a:1}`: false, "{}\x00": false,
	} {
		if o, err := parseObject([]byte(in)); (err == nil) != want || (o != nil) != want {
			t.Errorf("%q: %v, %v", in, o, err)
		}
	}
}

func TestLoneSurrogate(t *testing.T) {
	for in, want := range map[string]bool{
		`""`: false, `"a"`: false, `"\u0061"`: false, `"\ud83c\udf75"`: false, `"\uD83C\uDF75"`: false, `"\\ud800"`: false, `"\\\\udc00"`: false,
		`"\ud7ff\ue000"`: false, `"\"\ud83c\udf75\\"`: false,
		`"\ud800"`: true, `"\uDBFF"`: true, `"\udc00"`: true, `"\uDFFF"`: true, `"\ud800x"`: true, `"\ud800\n"`: true, `"\ud800\\"`: true,
		`"\ud800\u0061"`: true, `"\ud800\ud800\udc00"`: true, `"\ud800\udc00\udc00"`: true, `"\\\ud800"`: true,
	} {
		if got := loneSurrogate([]byte(in)); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

func TestParseObject_TakesSoManyKeys(t *testing.T) {
	keys := func(n int, value string) []byte {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(`"%d":%s`, i, value)
		}
		return []byte("{" + strings.Join(parts, ",") + "}")
	}
	for _, value := range []string{`0`, `"a,\",,,\\"`, `[0,0,[0,0],{"a":0,"b":0}]`, `{"a":[0,0],"b":0}`} {
		if o, err := parseObject(keys(maxKeys, value)); err != nil || len(o) != maxKeys {
			t.Errorf("%d keys with %s: %d, %v", maxKeys, value, len(o), err)
		}
		if _, err := parseObject(keys(maxKeys+1, value)); !errors.Is(err, errKeys) {
			t.Errorf("%d keys with %s: %v", maxKeys+1, value, err)
		}
	}
	if _, err := parseObject([]byte(`{"a":0` + strings.Repeat(`,"a":0`, maxKeys) + `}`)); !errors.Is(err, errKeys) {
		t.Errorf("one key again and again: %v", err)
	}
}

// No frame makes so much work as many keys did: reading it allocates little more than
// itself.
func TestParseSay_AllocatesLittleForAnyFrame(t *testing.T) {
	for what, frame := range hostileFrames() {
		if n := testing.AllocsPerRun(5, func() { ParseSay(frame) }); n > 50 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}
