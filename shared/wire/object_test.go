package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestParseObject_TakesOneObjectAndNothingElse(t *testing.T) {
	for in, want := range map[string]bool{
		`{}`: true, ` { "a" : null } `: true,
		``: false, `null`: false, `[]`: false, `"{}"`: false, `1`: false, `{}{}`: false, `{}x`: false, `{"a":1,}`: false, `{a:1}`: false, "{}\x00": false,
	} {
		if o, refusal := parseObject([]byte(in)); (refusal == nil) != want || (o != nil) != want {
			t.Errorf("%q: %v, %v", in, o, refusal)
		}
	}
}

func TestLoneSurrogate(t *testing.T) {
	for in, want := range map[string]bool{
		`""`: false, `"a"`: false, `"\u0061"`: false, `"\ud83c\udf75"`: false, `"\uD83C\uDF75"`: false, `"\\ud800"`: false, `"\\\\udc00"`: false,
		`"\ud7ff\ue000"`: false, "\"\ufffd\"": false, `"\ufffd\uFFFD"`: false, `"\\ufffd"`: false, `"\"\ud83c\udf75\\"`: false,
		`"\ud800"`: true, `"\uDBFF"`: true, `"\udc00"`: true, `"\uDFFF"`: true, `"\ud800x"`: true, `"\ud800\n"`: true, `"\ud800\\"`: true,
		`"\ud800\u0061"`: true, `"\ud800\ud800\udc00"`: true, `"\ud800\udc00\udc00"`: true, `"\\\ud800"`: true, "\"\ufffd\\ud800\"": true, `"\ufffd\ud800"`: true, `"\\ufffd\ud800"`: true,
	} {
		var decoded string
		if err := json.Unmarshal([]byte(in), &decoded); err != nil {
			t.Fatal(err)
		}
		if got := loneSurrogate([]byte(in), decoded); got != want {
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
		if o, refusal := parseObject(keys(maxKeys, value)); refusal != nil || len(o) != maxKeys {
			t.Errorf("%d keys with %s: %d, %v", maxKeys, value, len(o), refusal)
		}
		if o, refusal := parseObject(keys(maxKeys+1, value)); o != nil || refusal == nil || refusal.Code != CodeBadFrame {
			t.Errorf("%d keys with %s: %d, %v", maxKeys+1, value, len(o), refusal)
		}
	}
	if o, refusal := parseObject([]byte(`{"a":0` + strings.Repeat(`,"a":0`, maxKeys) + `}`)); o != nil || refusal == nil {
		t.Errorf("one key again and again: %d, %v", len(o), refusal)
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
