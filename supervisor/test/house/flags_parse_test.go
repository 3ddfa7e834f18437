package house_test

import (
	"flag"
	"strings"
	"testing"
	"time"

	"chatter/shared/daemon"
	"github.com/google/go-cmp/cmp"
)

func TestParseUsage_ReadsWhatTheServicesWrite(t *testing.T) {
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	fs.Duration("wait-time", time.Second, "how long; two  spaces")
	fs.String("an-empty-one", "", "no default")
	fs.String("z", "a longer default with spaces", "last")
	var text strings.Builder
	daemon.WriteUsage(&text, fs)
	if diff := cmp.Diff(daemon.Table(fs), parseUsage(t, text.String())); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

func TestTableUnder_SeesEveryDifference(t *testing.T) {
	table := flagHeader + "\n| --- | --- | --- | --- | --- |\n| `--a` | `CHATTER_A` | `1` | — | meaning |\n"
	before := tableUnder("# Title\n\n| other |\n| --- |\n\n"+table+"\nafter\n", flagHeader)
	if len(before) != 3 {
		t.Fatalf("read %q", before)
	}
	wider := strings.ReplaceAll(table, " | ", "   |  ")
	if diff := cmp.Diff(before, tableUnder(wider, flagHeader)); diff != "" {
		t.Errorf("wider cells are not the same table:\n%s", diff)
	}
	for _, change := range []string{"--b", "`2`", "`—`", "another"} {
		for _, old := range []string{"--a", "`1`", "—", "meaning"} {
			if cmp.Equal(before, tableUnder(strings.Replace(table, old, change, 1), flagHeader)) {
				t.Errorf("%q in the place of %q is not seen", change, old)
			}
		}
	}
	if got := tableUnder("no table", flagHeader); got != nil {
		t.Errorf("found %q", got)
	}
}
