// Package unsigned_test holds the whole site to its fourth guarantee: nothing that a
// guest gets depends on who wrote a message, and nothing that is kept, in Redis or in
// any log, links a message to a name, a session or an address.
package unsigned_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/shared/recent"
	"chatter/supervisor/services"
	"chatter/supervisor/stack"
	"github.com/google/go-cmp/cmp"
)

func TestUnsigned_AThirdGuestGetsTheSameWhoeverSpeaks(t *testing.T) {
	need(t)
	t.Parallel()
	// The visits of a talk are to stand in one bucket, in both talks.
	if left := time.Until(time.Now().Truncate(recent.Bucket).Add(recent.Bucket)); left < time.Minute {
		<-time.After(left)
	}
	var got [2][]string
	t.Run("talk", func(t *testing.T) {
		for i, name := range []string{"one way round", "the other way round"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				k := sit(t, startStack(t), i == 1)
				k.play()
				got[i] = k.third.got
				checkComplete(t, k)
			})
		}
	})
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("the third guest can tell who spoke:\n%s", diff)
	}
}

// checkComplete makes sure that there was something to compare.
func checkComplete(t *testing.T, k *talk) {
	t.Helper()
	all := strings.Join(k.third.got, "\n")
	if n := strings.Count(all, "\nclassic socket: {"); n != len(k.said) {
		t.Errorf("%d messages by the classic socket, want %d", n, len(k.said))
	}
	last := k.third.got[len(k.third.got)-1]
	for _, name := range []string{annWord, benWord, bystander, eveWord, room, elsewhere} {
		if !strings.Contains(last, name) {
			t.Errorf("the index does not list %s:\n%s", name, last)
		}
	}
	// Oldest first in every run, so that a move upwards would show.
	if ann, ben := strings.Index(last, annWord), strings.Index(last, benWord); ann < ben {
		t.Errorf("%s was made older than %s, and stands first:\n%s", annWord, benWord, last)
	}
}

// bin is where the services of all stacks are; they are built when first needed.
var bin string

var build = sync.OnceValue(func() error { return services.Build(context.Background(), bin) })

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "chatter-bin"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(bin)
	os.Exit(code)
}

// startStack starts a fresh stack that ends with the test.
func startStack(t *testing.T) *stack.Stack {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	// Not TempDir, whose path may be too long for sockets.
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := stack.StopIn(context.Background(), dir); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	s, err := stack.Start(t.Context(), stack.Options{Dir: dir, Bin: bin})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// need skips a test on a machine without the programs, unless that machine is a CI.
func need(t *testing.T) {
	t.Helper()
	for _, name := range []string{"supervisord", "nginx", "redis-server"} {
		found := slices.ContainsFunc([]string{"", "/usr/local/sbin", "/usr/sbin"}, func(dir string) bool {
			_, err := exec.LookPath(filepath.Join(dir, name))
			return err == nil
		})
		switch {
		case !found && os.Getenv("CI") == "true":
			t.Fatalf("%s is not installed", name)
		case !found:
			t.Skipf("%s is not installed", name)
		}
	}
}
