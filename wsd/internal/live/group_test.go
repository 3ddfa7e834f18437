package live

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// A crowd that has gone leaves no groups behind; whoever stays misses nothing, although
// members change their seats while messages come.
func TestRoom_ClosesUpWhenACrowdGoes(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { crowdGoes(t, seed) })
		})
	}
}

func crowdGoes(t *testing.T, seed uint64) {
	h, log := newHub(t)
	n := roomNamed(t, "room")
	var members []*Member
	conns := make(map[*Member]*fakeConn)
	for range 6 * groupMembers {
		m, c := join(h, n, Newest(), -1)
		members = append(members, m)
		conns[m] = c
	}
	synctest.Wait()
	r := h.find(n, 0)
	if len(r.groups) < 6 {
		t.Fatalf("%d groups", len(r.groups))
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	want := []string{"=live"}
	for i := 0; len(members) > 5; i++ {
		log.append(n, fmt.Sprint(i))
		want = append(want, fmt.Sprint(i))
		for range min(10, len(members)-5) { // beside the flushers
			h.Leave(members[0])
			members = members[1:]
		}
		synctest.Wait()
		for _, m := range members {
			if got, _ := conns[m].frames(t); len(got) != len(want) {
				t.Fatalf("%d events of %d have come to one of %d", len(got), len(want), len(members))
			}
		}
	}
	if len(r.groups) != 1 || r.seated != 5 {
		t.Errorf("%d members in %d groups, want 5 in one", r.seated, len(r.groups))
	}
	synctest.Wait()
	for _, m := range members {
		if diff := cmp.Diff(want, conns[m].events(t)); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
	}
}
