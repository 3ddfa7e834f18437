package wire

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// golden is one frame of testdata. The browser's tests read the same files:
// frames.json holds chatter.v1, classic.json what only the classic protocol has.
type golden struct {
	Name      string
	Direction string // "server" or "client": who sends it
	Frame     string
	Valid     bool // whether who gets it takes it
	Code      Code // of the refusal, for a client's frame that is not valid
}

func readGolden(t testing.TB, file string) []golden {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var frames []golden
	if err := json.Unmarshal(data, &frames); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	seen := map[string]bool{}
	for _, g := range frames {
		if seen[g.Name] || g.Name == "" {
			t.Fatalf("%s: the name %q is taken or empty", file, g.Name)
		}
		seen[g.Name] = true
	}
	return frames
}

const (
	goldenNonce = Nonce("AbCdEfGhIjKlMnOpQrSt_-")
	shortNonce  = Nonce("0123456789abcdef")
)

var goldenID = ID{1700000000123, 0}

// built is how the service makes each server frame of frames.json.
var built = map[string][]byte{
	"message":                AppendMessage(nil, goldenID, "hi"),
	"message_script":         AppendMessage(nil, goldenID, `<script>alert(1)</script> & "more"`),
	"message_emoji":          AppendMessage(nil, goldenID, "👩\u200d🚀 🍵 👍🏽"),
	"message_arabic":         AppendMessage(nil, goldenID, "مرحبا بالعالم"),
	"message_newline":        AppendMessage(nil, goldenID, "one\n\ttwo\n\nthree"),
	"message_backslash":      AppendMessage(nil, goldenID, `C:\new\u0041`),
	"message_line_separator": AppendMessage(nil, goldenID, "a\u2028b\u2029c"),
	"message_last_id":        AppendMessage(nil, ID{1<<64 - 1, 1<<64 - 1}, "hi"),
	"ack":                    AppendAck(nil, goldenNonce, goldenID),
	"ack_shortest_nonce":     AppendAck(nil, shortNonce, ID{1700000000123, 42}),
	"refused_rate_limited": AppendRefused(nil, Refusal{
		Nonce: goldenNonce, Code: CodeRateLimited, Detail: "too fast", RetryAfter: 1001 * time.Millisecond,
	}),
	"refused_unavailable": AppendRefused(nil, Refusal{
		Nonce: goldenNonce, Code: CodeUnavailable, Detail: "cannot be stored now", RetryAfter: time.Second,
	}),
	"refused_too_long": AppendRefused(nil, Refusal{
		Nonce: goldenNonce, Code: CodeTooLong, Detail: "the message is too long: at most 2000 characters",
	}),
	"refused_no_nonce": AppendRefused(nil, Refusal{
		Code: CodeBadNonce, Detail: "the nonce is missing or not of its form",
	}),
	"removed":        AppendRemoved(nil, goldenID),
	"gap":            AppendGap(nil),
	"live":           AppendLive(nil, goldenID),
	"live_empty_log": AppendLive(nil, ID{}),
	"recent":         AppendRecent(nil, []string{"Daphne", "Zoë"}, []string{"Go Fans", "شاي", `<b>"tea"</b>`}),
	"recent_empty":   AppendRecent(nil, nil, nil),
}

func TestGolden_ServerFramesAreBuiltToTheByte(t *testing.T) {
	found := 0
	for _, g := range readGolden(t, "frames.json") {
		if g.Direction != "server" || !g.Valid {
			continue
		}
		found++
		if got := string(built[g.Name]); got != g.Frame {
			t.Errorf("%s:\n got %s\nwant %s", g.Name, got, g.Frame)
		}
	}
	if found != len(built) {
		t.Errorf("%d golden server frames, but %d are built", found, len(built))
	}
}

func TestGolden_ServerFramesAreRead(t *testing.T) {
	for _, g := range readGolden(t, "frames.json") {
		if g.Direction != "server" {
			continue
		}
		e, err := ParseEvent([]byte(g.Frame))
		if (err == nil) != g.Valid {
			t.Errorf("%s: valid %v, error %v", g.Name, g.Valid, err)
		}
		// The names begin with the event that they are of.
		if g.Valid && !strings.HasPrefix(g.Name, e.Event) {
			t.Errorf("%s: event %q", g.Name, e.Event)
		}
	}
}

func TestGolden_ClientFramesAreTakenOrRefused(t *testing.T) {
	for _, g := range readGolden(t, "frames.json") {
		if g.Direction != "client" {
			continue
		}
		say, refusal := ParseSay([]byte(g.Frame))
		checkGolden(t, g, refusal)
		if g.Valid && (say.Nonce == "" || say.Text.String() == "") {
			t.Errorf("%s: %+v", g.Name, say)
		}
		if !g.Valid && say != (Say{}) {
			t.Errorf("%s: refused and yet %+v", g.Name, say)
		}
	}
}

func TestGolden_ClassicFramesAreTakenOrRefused(t *testing.T) {
	for _, g := range readGolden(t, "classic.json") {
		text, refusal := ParseClassicSay([]byte(g.Frame))
		checkGolden(t, g, refusal)
		if g.Valid != (text.String() == "hi") {
			t.Errorf("%s: text %q", g.Name, text)
		}
	}
}

func checkGolden(t *testing.T, g golden, refusal *Refusal) {
	t.Helper()
	switch {
	case g.Valid != (refusal == nil):
		t.Errorf("%s: valid %v, refusal %v", g.Name, g.Valid, refusal)
	case refusal != nil && refusal.Code != g.Code:
		t.Errorf("%s: code %q, want %q", g.Name, refusal.Code, g.Code)
	case refusal != nil && refusal.Detail == "":
		t.Errorf("%s: no detail", g.Name)
	}
}
