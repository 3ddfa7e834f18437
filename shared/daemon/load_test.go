package daemon_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// load is constant traffic: some clients open a connection for each request,
// some keep theirs, and some of those post, which no client repeats by itself.
type load struct {
	t       *testing.T
	stop    chan struct{}
	workers sync.WaitGroup

	mu      sync.Mutex
	answers map[string]int // by "pid mark"
	errs    []error
	more    chan struct{} // closed and replaced at each answer
}

func startLoad(t *testing.T, address string) *load {
	l := &load{
		t: t, stop: make(chan struct{}),
		answers: make(map[string]int), more: make(chan struct{}),
	}
	for _, kind := range []struct {
		method string
		keep   bool
	}{{"GET", false}, {"GET", true}, {"POST", false}, {"POST", true}} {
		c := client(t, address)
		c.Transport.(*http.Transport).DisableKeepAlives = !kind.keep
		l.workers.Go(func() { l.work(c, kind.method) })
	}
	t.Cleanup(func() {
		select {
		case <-l.stop:
		default:
			l.end()
		}
	})
	return l
}

func (l *load) work(c *http.Client, method string) {
	defer c.CloseIdleConnections() // a drain waits for them
	for {
		select {
		case <-l.stop:
			return
		default:
		}
		pid, mark, err := fetch(c, method)
		l.mu.Lock()
		if err != nil {
			l.errs = append(l.errs, err)
		} else {
			l.answers[fmt.Sprint(pid, " ", mark)]++
		}
		close(l.more)
		l.more = make(chan struct{})
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits for so many more answers of that process and release.
func (l *load) await(pid int, mark string, n int) {
	l.t.Helper()
	key := fmt.Sprint(pid, " ", mark)
	timeout := time.After(hangLimit)
	l.mu.Lock()
	want := l.answers[key] + n
	for l.answers[key] < want {
		more, errs, answers := l.more, l.errs, fmt.Sprint(l.answers)
		l.mu.Unlock()
		if len(errs) > 0 {
			l.t.Fatalf("a request failed: %v; answers until then: %s", errs[0], answers)
		}
		select {
		case <-more:
		case <-timeout:
			l.t.Fatalf("not %d more answers of %s in %v, but %s", n, key, hangLimit, answers)
		}
		l.mu.Lock()
	}
	l.mu.Unlock()
}

// end stops the load and returns how often which release answered.
func (l *load) end() map[string]int {
	l.t.Helper()
	close(l.stop)
	l.workers.Wait()
	for _, err := range l.errs {
		l.t.Errorf("a request failed: %v", err)
	}
	return l.answers
}
