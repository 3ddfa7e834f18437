package follow

import (
	"sync"
	"time"

	"chatter/shared/name"
)

// tickEvery is the distance of the moments at which notified rooms are read. The process
// that appends a message also handles the answer of the append, and so comes to the
// notification some 50 µs later than the others. A guest with a socket in each process
// could tell from that which process the author is connected to. It costs a message half of
// tickEvery on average, and saves pipelines: rooms that are notified together are read
// together.
const tickEvery = time.Millisecond

// ticks collects the rooms that are notified and has them read at the next whole
// multiple of tickEvery by the wall clock, which the processes of a host share.
type ticks struct {
	markDirty func(name.Room)

	mu    sync.Mutex
	rooms []name.Room // to read at the next tick; if there are any, a timer runs
}

func (t *ticks) add(n name.Room) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rooms = append(t.rooms, n)
	if len(t.rooms) == 1 {
		now := time.Now()
		time.AfterFunc(now.Truncate(tickEvery).Add(tickEvery).Sub(now), t.tick)
	}
}

func (t *ticks) tick() {
	t.mu.Lock()
	rooms := t.rooms
	t.rooms = nil
	t.mu.Unlock()
	for _, n := range rooms {
		t.markDirty(n)
	}
}
