package wire

import "testing"

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
