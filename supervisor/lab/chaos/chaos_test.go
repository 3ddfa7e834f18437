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

// Half a minute of the worst of it. How long anything takes is not judged: the machine may
// be busy. It was seen to fail with an append-only file that Redis syncs once a second
// (acked messages were gone after a kill -9, while something else wrote to the disk).
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

// A few seconds of coming and going: whether what the services hold is flat, only a long
// soak can tell.
func TestSoak_NothingIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a quarter of a minute")
	}
	fixture.Need(t, fixture.Programs...)
	t.Parallel()
	// On a slow machine nobody may have ended a visit by then.
	for duration := 8 * time.Second; ; duration *= 2 {
		var out strings.Builder
		err := run(t.Context(), []string{"--bin", fixture.Services(t), "--soak", "--duration", duration.String(), "--stay", "1s", "--seed", "1", "--guests", "60", "--rooms", "6"}, &out)
		t.Log(out.String())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "goroutines") && !strings.Contains(out.String(), " 0 visits") {
			return
		}
		if duration > fixture.HangLimit/2 {
			t.Fatalf("in %v nobody came, or nobody looked", duration)
		}
	}
}

// worst are the kinds that leave nobody time to say goodbye, and the quickest of the others.
const worst = "kill -9 httpd,kill -9 wsd,kill -9 nginx,kill -9 redis,term wsd,hup wsd,restart wsd:*,reload nginx,pause redis," +
	"cut sockets,silent sockets"

func TestParse_RefusesWhatItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{
		{"--faults", "kill -9 all"}, {"--duration", "0s"}, {"--guests", "3", "--rooms", "4"}, {"--rate", "0"}, {"--stay", "0s"}, {"--seed", "x"},
	} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	c, err := parse([]string{"--faults", "hup wsd, cut sockets"})
	if err != nil || len(c.Faults) != 2 {
		t.Errorf("got %q, %v", c.Faults, err)
	}
}
