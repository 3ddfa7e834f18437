package wire

import (
	"math"
	"testing"
	"time"
)

func TestRetryReason(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{0, "retry=0"},
		{999 * time.Microsecond, "retry=0"},
		{1500 * time.Millisecond, "retry=1500"},
		{time.Hour, "retry=3600000"},
		{-time.Second, "retry=0"},
		{math.MaxInt64, "retry=99999999"},
	} {
		if got := RetryReason(tt.d); got != tt.want {
			t.Errorf("RetryReason(%v) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestParseRetryReason(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want time.Duration
		ok   bool
	}{
		{"retry=0", 0, true},
		{"retry=1500", 1500 * time.Millisecond, true},
		{"retry=99999999", 99999999 * time.Millisecond, true},
		{"retry=007", 7 * time.Millisecond, true},
		{"", 0, false},
		{"retry=", 0, false},
		{"retry=100000000", 0, false},
		{"retry=-1", 0, false},
		{"retry=+1", 0, false},
		{"retry=1.5", 0, false},
		{"retry=1s", 0, false},
		{"retry= 1", 0, false},
		{"retry=1_0", 0, false},
		{"retry=0x1", 0, false},
		{"Retry=1", 0, false},
		{" retry=1", 0, false},
		{"going away", 0, false},
	} {
		if d, ok := ParseRetryReason(tt.in); d != tt.want || ok != tt.ok {
			t.Errorf("ParseRetryReason(%q) = %v, %v", tt.in, d, ok)
		}
	}
}
