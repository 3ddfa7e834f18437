// Package unsigned_test holds the whole site to its fourth guarantee: nothing that a
// guest gets depends on who wrote a message, and nothing that is kept, in Redis or in
// any log, links a message to a name, a session or an address.
package unsigned_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) {
	fixture.Parallel(4)
	os.Exit(fixture.Main(m))
}

func TestUnsigned_AThirdGuestGetsTheSameWhoeverSpeaks(t *testing.T) {
	t.Parallel()
	var got [2][]string
	t.Run("talk", func(t *testing.T) {
		for i, name := range []string{"one way round", "the other way round"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				k := talkInOneInterval(t, i == 1, true)
				got[i] = k.third.got
				checkComplete(t, k)
			})
		}
	})
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("the third guest can tell who spoke:\n%s", diff)
	}
}

// talkInOneInterval plays a whole talk in a stack of its own, moderated or not, once more if the talk passed
// the border between two intervals: who was here is published then.
func talkInOneInterval(t *testing.T, swapped, moderated bool, env ...string) *talk {
	t.Helper()
	for range 3 {
		begun := time.Now().Truncate(interval)
		k := sit(t, fixture.Start(t, stack.Options{Env: append(env, "CHATTER_PRESENCE_EVERY="+interval.String())}), swapped)
		k.moderated = moderated
		k.play()
		if time.Now().Truncate(interval).Equal(begun) {
			return k
		}
	}
	t.Fatalf("each of three talks passed the border of an interval of %v: it hangs", interval)
	return nil
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
