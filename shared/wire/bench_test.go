package wire

import (
	"fmt"
	"strings"
	"testing"
)

var benchTexts = []struct{ what, text string }{
	{"short", "hello there"},
	{"100 bytes", strings.Repeat("0123456789", 10)},
	{"arabic", strings.Repeat("مرحبا بالعالم ", 8)},
	{"quotes", strings.Repeat("\"<\\\n", 25)},
	{"longest", strings.Repeat("茶", MaxTextClusters)},
}

func BenchmarkAppendMessage(b *testing.B) {
	for _, bb := range benchTexts {
		b.Run(bb.what, func(b *testing.B) {
			dst := make([]byte, 0, MaxFrameBytes)
			b.ReportAllocs()
			for b.Loop() {
				AppendMessage(dst, goldenID, bb.text)
			}
		})
	}
}

func BenchmarkAppendAck(b *testing.B) {
	dst := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		AppendAck(dst, goldenNonce, goldenID)
	}
}

func BenchmarkAppendRecent(b *testing.B) {
	names := make([]string, 50)
	for i := range names {
		names[i] = "Go Fans of the World"
	}
	dst := make([]byte, 0, MaxFrameBytes)
	b.ReportAllocs()
	for b.Loop() {
		AppendRecent(dst, names, names)
	}
}

func BenchmarkParseSay(b *testing.B) {
	for _, bb := range benchTexts {
		b.Run(bb.what, func(b *testing.B) {
			in := append([]byte(`{"command":"new_message","nonce":"`+string(goldenNonce)+`","message":`), quote(bb.text)...)
			in = append(in, '}')
			b.ReportAllocs()
			for b.Loop() {
				if _, refusal := ParseSay(in); refusal != nil {
					b.Fatal(refusal)
				}
			}
		})
	}
}

func BenchmarkParseID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseID("1700000000123-0")
	}
}

// Frames as long as a frame may be that cost much to read.
func hostileFrames() map[string][]byte {
	fill := func(begin, part, end string) []byte {
		n := (MaxFrameBytes - len(begin) - len(end)) / len(part)
		return []byte(begin + strings.Repeat(part, n) + end)
	}
	say := `{"command":"new_message","nonce":"` + string(goldenNonce) + `","message":"`
	return map[string][]byte{
		"many keys":     manyKeys(`"%x":0,`),
		"escaped keys":  manyKeys(`"\u0061%x":0,`),
		"one key again": fill(`{"a":0`, `,"a":0`, `}`),
		"deep":          fill(`{"a":`, `[`, ``),
		"a long list":   fill(`{"a":[0`, `,0`, `]}`),
		"a long key":    fill(`{"`, `\u0061`, `":0}`),
		"a long text":   fill(say, `a`, `"}`),
		"a long escape": fill(say, `\u0061`, `"}`),
		"surrogates":    fill(say, `\ud83c\udf75`, `"}`),
		"blank text":    fill(say, `\n`, `"}`),
		"combining":     fill(say, `\u0300`, `"}`),
		"invalid UTF-8": fill(say, "\xff", `"}`),
		"white space":   fill(`{`, ` `, `}`),
		"longest text":  []byte(say + strings.Repeat(`\u00e9`, MaxTextBytes/2) + `"}`),
	}
}

func manyKeys(form string) []byte {
	b := []byte("{")
	for i := 0; len(b) < MaxFrameBytes-30; i++ {
		b = fmt.Appendf(b, form, i)
	}
	return append(b, `"z":0}`...)
}

func BenchmarkParseSay_Hostile(b *testing.B) {
	for what, frame := range hostileFrames() {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseSay(frame)
			}
		})
	}
}
