package live

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A crowd that has gone leaves no parts behind. The members that stay miss nothing,
// although they change parts while messages come.
func TestRoom_LosesItsPartsWhenACrowdGoes(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) { crowdGoes(t, seed) })
	}
}

func crowdGoes(t *testing.T, seed uint64) {
	h, log := newHub(t)
	n := roomNamed(t, "room")
	var members []*Member
	conns := make(map[*Member]*fakeConn)
	for range 6 * partMembers {
		m, c := join(h, n, Newest(), -1)
		members = append(members, m)
		conns[m] = c
	}
	synctest.Wait()
	r := h.find(n.Key())
	if len(r.parts) != 6 {
		t.Fatalf("%d parts", len(r.parts))
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	want := []string{"=live"}
	for i := 0; len(members) > 5; i++ {
		log.append(n, fmt.Sprint(i))
		want = append(want, fmt.Sprint(i))
		for range min(10, len(members)-5) { // beside the passes
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
	if len(r.parts) != 1 || len(r.members) != 5 {
		t.Errorf("%d members in %d parts, want 5 in one", len(r.members), len(r.parts))
	}
	synctest.Wait()
	for _, m := range members {
		if diff := cmp.Diff(want, conns[m].events(t)); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
	}
}

// gatedConn takes nothing while there is a gate, until it is closed.
type gatedConn struct {
	*fakeConn
	gate atomic.Pointer[chan struct{}]
}

func (c *gatedConn) TryWrite(p []byte) (int, error) {
	if gate := c.gate.Load(); gate != nil {
		<-*gate
	}
	return c.fakeConn.TryWrite(p)
}

// A message that is appended while a pass is at its end reaches the members
// at the beginning, too.
func TestRoom_PassesAgainForWhatComesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		first, conn := join(h, n, Newest(), -1)
		synctest.Wait()
		for range inlineMembers {
			m, _ := join(h, n, Newest(), -1)
			defer h.Leave(m)
		}
		gated := &gatedConn{fakeConn: newConn(-1)}
		last := NewMember(gated, Events, time.Now())
		h.Join(n, last, Newest())
		synctest.Wait()
		gate := make(chan struct{})
		gated.gate.Store(&gate)
		log.append(n, "1")
		synctest.Wait() // the pass is at the last one
		log.append(n, "2")
		synctest.Wait()
		close(gate)
		synctest.Wait()
		want := []string{"=live", "1", "2"}
		if diff := cmp.Diff(want, conn.events(t)); diff != "" {
			t.Errorf("the first: %s", diff)
		}
		if diff := cmp.Diff(want, gated.events(t)); diff != "" {
			t.Errorf("the last: %s", diff)
		}
		h.Leave(first)
		h.Leave(last)
	})
}

// The last member moves to a place that the pass is beyond, before the pass reaches it.
func TestRoom_AMemberThatMovesMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		gated := &gatedConn{fakeConn: newConn(-1)}
		var members []*Member
		var last *fakeConn
		for i := range 2 * partMembers {
			conn := newConn(-1)
			m := NewMember(conn, Events, time.Now())
			if i == partMembers { // the first of the second part
				m = NewMember(gated, Events, time.Now())
			}
			h.Join(n, m, Newest())
			synctest.Wait()
			members, last = append(members, m), conn
		}
		gate := make(chan struct{})
		gated.gate.Store(&gate)
		log.append(n, "1")
		synctest.Wait()
		if got := last.events(t); len(got) != 1 {
			t.Fatalf("the last one got %q before its turn", got)
		}
		h.Leave(members[0])
		if diff := cmp.Diff([]string{"=live", "1"}, last.events(t)); diff != "" {
			t.Errorf("after it moved: %s", diff)
		}
		close(gate)
		synctest.Wait()
		if diff := cmp.Diff([]string{"=live", "1"}, last.events(t)); diff != "" {
			t.Errorf("in the end: %s", diff)
		}
		for _, m := range members[1:] {
			h.Leave(m)
		}
	})
}
