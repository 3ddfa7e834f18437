package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(fixture.Main(m)) }

func TestAttack_HarmsNoPoliteGuest(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes more than a minute")
	}
	fixture.Need(t, fixture.Programs...)
	var out strings.Builder
	err := run(t.Context(), []string{"--bin", fixture.Services(t), "--each", "2s"}, &out)
	t.Log(out.String())
	if err != nil {
		t.Fatal(err)
	}
}

// A message counts as lost until it is acked and each guest of its room has seen it.
func TestCrowd_Lost(t *testing.T) {
	inRoom, elsewhere := &politeGuest{seen: map[string]bool{}}, &politeGuest{room: 1, seen: map[string]bool{}}
	author := &politeGuest{seen: map[string]bool{}, mine: map[wire.Nonce]*said{}}
	w := &crowd{guests: []*politeGuest{author, inRoom, elsewhere}}
	m := w.find(author, guest.Entry{Nonce: "n", Text: "x"})
	if w.find(author, guest.Entry{Nonce: "n", Text: "x"}) != m || len(w.said) != 1 {
		t.Fatal("one message has two records")
	}
	author.seen["x"] = true
	for _, step := range []struct {
		lost int
		then func()
	}{
		{1, func() { m.acked = time.Now() }},
		{1, func() { inRoom.seen["x"] = true }},
		{0, func() {}},
	} {
		if lost := w.lost(0, 1); lost != step.lost {
			t.Errorf("%d lost, want %d", lost, step.lost)
		}
		step.then()
	}
}

func TestCrowd_NoticesRefusals(t *testing.T) {
	w := &crowd{refused: map[string]int{}}
	w.note("before")
	m := w.begin()
	if r := (row{noticed: w.noticed(m, 0)}); r.harmed() {
		t.Errorf("harmed without a refusal: %v", r)
	}
	w.note("rate_limited")
	r := row{noticed: w.noticed(m, 0)}
	if !r.harmed() || !strings.Contains(r.String(), "REFUSED rate_limited ×1") || strings.Contains(r.String(), "before") {
		t.Errorf("row %v", r)
	}
	if !(row{noticed: noticed{lost: 1}}).harmed() {
		t.Error("a lost message is no harm")
	}
}

func TestUnavailable(t *testing.T) {
	for status, want := range map[int]bool{429: false, 403: false, 500: false, 502: true, 503: true, 504: true} {
		if got := unavailable(&guest.StatusError{Status: status}); got != want {
			t.Errorf("status %d: %v", status, got)
		}
	}
	if unavailable(nil) {
		t.Error("no error is unavailable")
	}
}

func TestParse_ReportsBadFlags(t *testing.T) {
	for _, args := range [][]string{{"--only", "nothing"}, {"--each", "0s"}, {"--guests", "3", "--rooms", "4"}, {"--rate", "0"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	if c, err := parse([]string{"--only", "flood,names"}); err != nil || len(c.Only) != 2 {
		t.Errorf("got %q, %v", c.Only, err)
	}
}
