package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"chatter/supervisor/bench/swarm"
)

// startTimeout is when a start is called hung. A busy machine must not reach it.
const startTimeout = 2 * time.Minute

// await waits until every server is ready, Redis included.
func (l lab) await(r *rig) error {
	for i := range r.servers {
		socket := r.admin(i)
		admin := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}}}
		err := l.until(func() bool {
			resp, err := admin.Get("http://admin/readyz")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
		admin.CloseIdleConnections()
		if err != nil {
			log, _ := filepath.Glob(filepath.Join(r.dir, "*.log"))
			text := []byte(nil)
			if len(log) > 0 {
				text, _ = os.ReadFile(log[0])
			}
			return fmt.Errorf("server %d is not ready: %w\n%s", i, err, text)
		}
	}
	return nil
}

// until waits for what starts.
func (l lab) until(ready func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(startTimeout)
	for !ready() {
		select {
		case <-tick.C:
		case <-deadline:
			return swarm.ErrTimeout
		case <-l.ctx.Done():
			return l.ctx.Err()
		}
	}
	return nil
}
