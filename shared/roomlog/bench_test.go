package roomlog

import (
	"testing"

	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// One message at a time: what a message waits for.
func BenchmarkAppend(b *testing.B) {
	c := redistest.Start(b).Client()
	b.Cleanup(func() { c.Close() })
	l, room, said := newLog(b, c, Options{}), roomNamed(b, "room"), text(b, "hello")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Append(b.Context(), room, wire.NewNonce(), said); err != nil {
			b.Fatal(err)
		}
	}
}

// A thousand at a time: what Redis can take.
func BenchmarkAppendAsync(b *testing.B) {
	c := redistest.Start(b).Client()
	b.Cleanup(func() { c.Close() })
	l, room, said := newLog(b, c, Options{}), roomNamed(b, "room"), text(b, "hello")
	free := make(chan error, 1000)
	for range cap(free) {
		free <- nil
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := <-free; err != nil {
			b.Fatal(err)
		}
		l.AppendAsync(room, wire.NewNonce(), said, func(_ Stored, err error) { free <- err })
	}
	for range cap(free) {
		if err := <-free; err != nil {
			b.Fatal(err)
		}
	}
}
