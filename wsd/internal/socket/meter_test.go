package socket

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// frameOf is a client's frame with a payload of n bytes.
func frameOf(op byte, n int) []byte {
	frame := []byte{op}
	switch {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(n))
	}
	return append(frame, make([]byte, 4+n)...)
}

// Frames of every kind and length count once each, wherever the reads begin and end.
func TestMeter_CountsFramesHoweverTheyAreRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	lengths := []int{0, 1, 125, 126, 127, 1000, 1<<16 - 1, 1 << 16}
	for round := range 50 {
		var stream []byte
		frames := 1 + rng.IntN(20)
		for range frames {
			op := []byte{0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8a}[rng.IntN(8)]
			stream = append(stream, frameOf(op, lengths[rng.IntN(len(lengths))])...)
		}
		stream = append(stream, 0x8a, 2, 'x', 'y') // without a mask
		var m meter
		begun := 0
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), 1+rng.IntN([]int{1, 3, 100_000}[round%3]))
			begun += m.headers(rest[:n])
			rest = rest[n:]
		}
		if begun != frames+1 {
			t.Errorf("round %d: %d frames, want %d", round, begun, frames+1)
		}
	}
}

// Each way of sending is allowed up to the burst, then refused, and allowed again at the
// rate.
func TestMeter_AllowsABurstAndThenTheRate(t *testing.T) {
	for _, tt := range []struct {
		what  string
		read  []byte
		burst int // reads
		rate  int // per second
	}{
		{"pings", frameOf(0x89, 0), frameBurst, frameRate},
		{"empty fragments", frameOf(0x00, 0), frameBurst, frameRate},
		{"two frames in a read", bytes.Repeat(frameOf(0x81, 1), 2), frameBurst / 2, frameRate / 2},
		{"long frames", frameOf(0x81, 64<<10-14), byteBurst / (64 << 10), byteRate / (64 << 10)},
		{"parts of a frame that does not end", make([]byte, 1<<10), byteBurst / (1 << 10), byteRate / (1 << 10)},
		{"a byte at a time", []byte{0}, byteBurst / leastRead, byteRate / leastRead},
	} {
		t.Run(tt.what, func(t *testing.T) {
			m := meter{left: 1 << 40}
			if tt.read[0] != 0 || tt.what == "empty fragments" {
				m = meter{}
			}
			now := started.Add(time.Hour)
			for i := range tt.burst {
				if !m.allow(tt.read, now) {
					t.Fatalf("read %d of %d is too much", i+1, tt.burst)
				}
			}
			for i := range 3 {
				if m.allow(tt.read, now) {
					t.Fatalf("read %d after the burst is allowed", i+1)
				}
			}
			now = now.Add(time.Hour) // nothing is left
			for range tt.burst {
				m.allow(tt.read, now)
			}
			for i := range 10 * tt.rate {
				now = now.Add(time.Second/time.Duration(tt.rate) + time.Millisecond)
				if !m.allow(tt.read, now) {
					t.Fatalf("read %d at the rate is too much", i+1)
				}
			}
		})
	}
}

func TestMeter_AllocatesNothing(t *testing.T) {
	var m meter
	read := bytes.Repeat(frameOf(0x89, 5), 10)
	now := started
	if n := testing.AllocsPerRun(1000, func() {
		now = now.Add(time.Second)
		m.allow(read, now)
	}); n != 0 {
		t.Errorf("%v allocations for a read", n)
	}
}

func BenchmarkMeter(b *testing.B) {
	for _, bb := range []struct {
		what string
		read []byte
	}{{"message", frameOf(0x81, 150)}, {"64 KiB", frameOf(0x81, 64<<10)}, {"1 KiB of pings", bytes.Repeat(frameOf(0x89, 0), 1024/6)}} {
		b.Run(bb.what, func(b *testing.B) {
			var m meter
			now := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				m.allow(bb.read, now)
			}
		})
	}
}
