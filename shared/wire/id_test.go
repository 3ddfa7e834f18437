package wire

import (
	"slices"
	"testing"
	"time"
)

func TestParseID(t *testing.T) {
	const top = 1<<64 - 1
	for _, tt := range []struct {
		in   string
		want ID
	}{
		{"0-0", ID{}},
		{"0-1", ID{0, 1}},
		{"1700000000123-0", ID{1700000000123, 0}},
		{"10-20", ID{10, 20}},
		{"18446744073709551615-18446744073709551615", ID{top, top}},
	} {
		id, err := ParseID(tt.in)
		if err != nil || id != tt.want || id.String() != tt.in {
			t.Errorf("ParseID(%q) = %v, %v", tt.in, id, err)
		}
	}
}

func TestParseID_Refuses(t *testing.T) {
	for _, s := range []string{
		"", "-", "0", "5", "1-", "-1", "1--1", "1-2-3", "01-0", "1-00", "00-0", "+1-0", "1-+0", "1_0-0", "0x1-0", "1e3-0",
		" 1-0", "1-0 ", "1 -0", "1-0\n", "1-0\x00", "18446744073709551616-0", "0-18446744073709551616",
		"99999999999999999999999999-0", "$", "+", "*", "1-*", "(1-0", "١-٠", "１-０",
	} {
		if id, err := ParseID(s); err == nil || !id.IsZero() {
			t.Errorf("ParseID(%q) = %v, %v", s, id, err)
		}
	}
}

func TestID_CompareIsTheLogsOrder(t *testing.T) {
	ordered := []ID{{}, {0, 1}, {0, 1 << 63}, {1, 0}, {9, 5}, {10, 0}, {10, 9}, {10, 10}, {1 << 63, 0}, {1<<64 - 1, 1<<64 - 1}}
	if !slices.IsSortedFunc(ordered, ID.Compare) {
		t.Error("not in order")
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := min(max(i-j, -1), 1)
			if got := a.Compare(b); got != want {
				t.Errorf("%v.Compare(%v) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestID_Time(t *testing.T) {
	id := ID{1700000000123, 7}
	want := time.Date(2023, time.November, 14, 22, 13, 20, 123e6, time.UTC)
	if got := id.Time(); got != want {
		t.Errorf("%v is of %v, want %v", id, got, want)
	}
	if last := (ID{Ms: 1<<64 - 1}).Time(); last.Before(want) {
		t.Errorf("the last ID is of %v", last)
	}
}

func TestID_IsZero(t *testing.T) {
	if !(ID{}).IsZero() || (ID{0, 1}).IsZero() || (ID{1, 0}).IsZero() {
		t.Error("IsZero is not for the zero ID alone")
	}
}
