package name

import "testing"

func BenchmarkParseRoom(b *testing.B) {
	for _, bb := range []struct{ what, in string }{
		{"ascii", "Go Fans"},
		{"arabic", "غرفة الشاي"},
		{"emoji", "🍵 tea 🍵"},
		{"refused", "👩\u200d🚀"},
	} {
		b.Run(bb.what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseRoom(bb.in)
			}
		})
	}
}

func BenchmarkEscapedKey(b *testing.B) {
	room, err := ParseRoom("Go Fans")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		room.EscapedKey()
	}
}
