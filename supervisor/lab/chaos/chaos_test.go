package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) {
	fixture.Parallel(4)
	os.Exit(fixture.Main(m))
}

// No duration is judged: the machine may be busy. This test failed while Redis synced its
// append-only file once a second: acked messages were lost by a kill -9 when another program
// wrote to the disk.
func TestChaos_NothingIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes most of a minute")
	}
	fixture.Need(t, fixture.Programs...)
	t.Parallel()
	var out strings.Builder
	err := run(t.Context(), []string{"--bin", fixture.Services(t), "--duration", "30s", "--seed", "1", "--faults", worst}, &out)
	t.Log(out.String())
	if err != nil {
		t.Fatal(err)
	}
}

// A short soak checks the messages only. Whether the services grow takes a long one.
func TestSoak_NothingIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a quarter of a minute")
	}
	fixture.Need(t, fixture.Programs...)
	t.Parallel()
	// On a slow machine no visit may have ended in so short a time.
	for duration := 8 * time.Second; ; duration *= 2 {
		var out strings.Builder
		err := run(t.Context(), []string{"--bin", fixture.Services(t), "--soak", "--duration", duration.String(), "--stay", "1s", "--seed", "1", "--guests", "60", "--rooms", "6"}, &out)
		t.Log(out.String())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "goroutines") && !strings.Contains(out.String(), "\n0 visits") {
			return
		}
		if duration > fixture.HangLimit/2 {
			t.Fatalf("in %v no visit ended, or there was no sample", duration)
		}
	}
}

// Each attack does something, and no guest notices it.
func TestAttack_HarmsNoPoliteGuest(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes more than a minute")
	}
	fixture.Need(t, fixture.Programs...)
	var out strings.Builder
	err := run(t.Context(), []string{"--bin", fixture.Services(t), "--attack", "--each", "2s", "--rate", "20"}, &out)
	t.Log(out.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range attackKinds() {
		if !strings.Contains(out.String(), "\n"+kind+": ") {
			t.Errorf("nothing is said about %s", kind)
		}
	}
}

func TestRefusals_LeaveOutWhatIsUnavailable(t *testing.T) {
	begun := time.Now()
	flooded := &trial{verdict: new(verdict), config: config{Attack: true}, begun: begun}
	flooded.faults.add("flood")
	c := flooded.enter(0)
	c.said = []*message{{seq: 1}}
	said := guest.Entry{Text: textOf(c.number, 1)}
	for _, err := range []error{nil, &guest.StatusError{Status: 502}, &guest.StatusError{Status: 503}, &guest.StatusError{Status: 504, Waiting: true}} {
		flooded.countView(t.Context(), begun, err)
	}
	c.hooks().Refused(said, wire.CodeUnavailable)
	if got := flooded.refusals(); len(got) != 0 || flooded.print(io.Discard) != nil {
		t.Errorf("refusals %q without one", got)
	}
	for _, err := range []error{&guest.StatusError{Status: 429}, &guest.StatusError{Status: 500}, io.EOF} {
		flooded.countView(t.Context(), begun, err)
	}
	c.hooks().Refused(said, wire.CodeRateLimited)
	want := []string{"flood: message rate_limited ×1", "flood: page 429 ×1", "flood: page 500 ×1", "flood: page cut ×1"}
	if got := flooded.refusals(); !slices.Equal(got, want) || !errors.Is(flooded.print(io.Discard), errRefused) {
		t.Errorf("refusals %q, want %q", got, want)
	}
	flooded.faults.byKind, flooded.verdict.gaps = nil, 1
	if !errors.Is(flooded.print(io.Discard), errRefused) {
		t.Error("a gap is no harm")
	}
}

func TestParse_KnowsAttacks(t *testing.T) {
	if c, err := parse([]string{"--attack", "--faults", "flood,names"}); err != nil || !slices.Equal(c.chosen(attackKinds()), []string{"flood", "names"}) {
		t.Errorf("got %q, %v", c.Only, err)
	}
	if _, err := parse([]string{"--attack", "--faults", "hup wsd"}); err == nil {
		t.Error("a fault is taken for an attack")
	}
}

// worst are the faults that end processes and sockets without a warning, and the quickest of
// the others.
const worst = "kill -9 httpd,kill -9 wsd,kill -9 nginx,kill -9 redis,term wsd,hup wsd,restart wsd:*,reload nginx,pause redis," +
	"cut sockets,silent sockets"

func TestParse_ReportsBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--faults", "kill -9 all"}, {"--duration", "0s"}, {"--guests", "3", "--rooms", "4"}, {"--rate", "0"}, {"--each", "0s"}, {"--stay", "0s"}, {"--seed", "x"},
	} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	c, err := parse([]string{"--faults", "hup wsd, cut sockets"})
	if err != nil || len(c.Only) != 2 {
		t.Errorf("got %q, %v", c.Only, err)
	}
}
