package wire

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func TestAppend_KeepsWhatIsThere(t *testing.T) {
	dst := []byte("x")
	dst = AppendMessage(dst, goldenID, "hi")
	dst = AppendAck(dst, shortNonce, goldenID)
	dst = AppendRefused(dst, Refusal{})
	dst = AppendGap(dst)
	dst = AppendLive(dst, goldenID)
	dst = AppendRecent(dst, nil, nil)
	decoder := json.NewDecoder(strings.NewReader(string(dst[1:])))
	for range 6 {
		var v map[string]any
		if err := decoder.Decode(&v); err != nil {
			t.Fatalf("%s: %v", dst, err)
		}
	}
	if dst[0] != 'x' || decoder.More() {
		t.Errorf("%s", dst)
	}
}

func TestAppendRefused_RoundsSecondsUp(t *testing.T) {
	for d, want := range map[time.Duration]uint32{
		0: 0, -time.Hour: 0, 1: 1, time.Millisecond: 1, time.Second: 1, time.Second + 1: 2, 90 * time.Second: 90,
	} {
		e, err := ParseEvent(AppendRefused(nil, Refusal{Code: CodeRateLimited, RetryAfter: d}))
		if err != nil || e.RetryAfter != want {
			t.Errorf("%v: retry after %d, want %d (%v)", d, e.RetryAfter, want, err)
		}
	}
	// The longest duration there is must not wrap around to a negative wait.
	if got := string(AppendRefused(nil, Refusal{RetryAfter: math.MaxInt64})); !strings.Contains(got, `"retry_after":9223372037}`) {
		t.Error(got)
	}
}

func TestQuote_IsWhatJSONStringifyWrites(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", `""`},
		{`a"b\c/d`, `"a\"b\\c/d"`},
		{"\b\t\n\v\f\r\x00\x1f\x7f", `"\b\t\n\u000b\f\r\u0000\u001f` + "\x7f" + `"`},
		{"<script>&</script>", `"<script>&</script>"`},
		{"é茶🍵\u2028\u2029\ufffd", "\"é茶🍵\u2028\u2029\ufffd\""},
		{"a\xffb\xe2\x82c\xf0", "\"a\ufffdb\ufffdc\ufffd\""},
	} {
		if got := quote(tt.in); got != tt.want {
			t.Errorf("%+q: got %+q, want %+q", tt.in, got, tt.want)
		}
	}
}
