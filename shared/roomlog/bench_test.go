package roomlog

import (
	"fmt"
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

// A thousand at a time, until all of them are stored: what Redis can take.
func BenchmarkSubmit(b *testing.B) {
	c := redistest.Start(b).Client()
	b.Cleanup(func() { c.Close() })
	l, room, said := newLog(b, c, Options{}), roomNamed(b, "room"), text(b, "hello")
	const many = 1000
	stored := make(chan error, many)
	b.ReportAllocs()
	for b.Loop() {
		for range many {
			l.Submit(room, wire.NewNonce(), said, func(_ wire.Stored, err error) { stored <- err }, nil)
		}
		for range many {
			if err := <-stored; err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/message")
}

// The cost of an ack that waits until a replica has the message.
func BenchmarkAckReplicas(b *testing.B) {
	s := redistest.StartSentinel(b)
	const many = 1000
	stored := make(chan error, many)
	for replicas := range 2 {
		l, room, said := newLog(b, confirming(b, s.URL, replicas), Options{}), roomNamed(b, "room"), text(b, "hello")
		for _, atOnce := range []int{1, many} {
			b.Run(fmt.Sprintf("replicas=%d/messages=%d", replicas, atOnce), func(b *testing.B) {
				for b.Loop() {
					for range atOnce {
						l.Submit(room, wire.NewNonce(), said, func(_ wire.Stored, err error) { stored <- err }, nil)
					}
					for range atOnce {
						if err := <-stored; err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.N)*float64(atOnce)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}
