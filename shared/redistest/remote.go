package redistest

import (
	"net"
	"path/filepath"
	"sync"
	"time"
)

// Remote is a way to a server on which every byte travels for a while, in
// each direction. Bytes on their way do not hold up those behind them.
type Remote struct {
	URL string

	mu      sync.Mutex
	delay   time.Duration
	changed chan struct{} // closed and replaced when delay changes
}

// Remote opens such a way, without delay yet, and closes it when the test
// ends.
func (s *Server) Remote() *Remote {
	s.t.Helper()
	path := filepath.Join(s.dir, "remote")
	l, err := net.Listen("unix", path)
	if err != nil {
		s.t.Fatal(err)
	}
	r := &Remote{URL: "unix://" + path, changed: make(chan struct{})}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", filepath.Join(s.dir, "s"))
			if err != nil {
				near.Close()
				continue
			}
			conns.Go(func() { r.carry(far, near) })
			conns.Go(func() { r.carry(near, far) })
		}
	})
	s.t.Cleanup(func() {
		l.Close()
		s.Kill() // which ends the connections
		conns.Wait()
	})
	return r
}

// Delay sets how long a byte travels one way, those under way included.
func (r *Remote) Delay(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = d
	close(r.changed)
	r.changed = make(chan struct{})
}

type parcel struct {
	bytes []byte
	sent  time.Time
}

// carry takes what from sends to to, and closes both when either ends.
func (r *Remote) carry(to, from net.Conn) {
	parcels := make(chan parcel, 1024) // closed when from has ended
	go func() {
		defer close(parcels)
		for {
			buffer := make([]byte, 64<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				parcels <- parcel{buffer[:n], time.Now()}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range parcels {
		r.travel(p.sent)
		if _, err := to.Write(p.bytes); err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	for range parcels {
	}
}

// travel returns when what was sent then has arrived.
func (r *Remote) travel(sent time.Time) {
	for {
		r.mu.Lock()
		left, changed := time.Until(sent.Add(r.delay)), r.changed
		r.mu.Unlock()
		if left <= 0 {
			return
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		}
		timer.Stop()
	}
}
