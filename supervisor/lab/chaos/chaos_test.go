package main

import (
	"os"
	"strings"
	"testing"
	"time"

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

// worst are the faults that end processes and sockets without a warning, and the quickest of
// the others.
const worst = "kill -9 httpd,kill -9 wsd,kill -9 nginx,kill -9 redis,term wsd,hup wsd,restart wsd:*,reload nginx,pause redis," +
	"cut sockets,silent sockets"

func TestParse_ReportsBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--faults", "kill -9 all"}, {"--duration", "0s"}, {"--guests", "3", "--rooms", "4"}, {"--rate", "0"}, {"--stay", "0s"}, {"--seed", "x"},
	} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	c, err := parse([]string{"--faults", "hup wsd, cut sockets"})
	if err != nil || len(c.Faults) != 2 {
		t.Errorf("got %q, %v", c.Faults, err)
	}
}
