package wire

import (
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
			in := append([]byte(`{"command":"new_message","nonce":"`+string(goldenNonce)+`","message":`), appendString(nil, bb.text)...)
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
