package retention

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

const (
	// rewriteAtLeast is when a file is rewritten although nothing is known to have expired:
	// names in it have, and messages of a process that was killed.
	rewriteAtLeast = 24 * time.Hour
	// forgetNode is how long a node that has gone is missed. Its disk still has its file.
	forgetNode = 7 * 24 * time.Hour
	// goneTimeout bounds how long a tick waits for the nodes that have gone. The others have
	// their turn in a later one.
	goneTimeout = 5 * time.Second
	// noteSeen bounds how often the state is written for an idle node.
	noteSeen = time.Hour
)

// primaryName is the name of the only primary, whose address may be a Sentinel's. Other nodes
// have their address as their name.
const primaryName = "primary"

// node is a server with an append-only file. A rewrite has these states:
//
//	clean ──(something expired)──► Dirty ──(the rewrite is due)──► Begun
//	  ▲                              ▲                               │
//	  │                              └──(it failed, or Redis died)───┤
//	  └──────────────────────────────────────────────(it succeeded)──┘
type node struct {
	Rewritten time.Time // when the last rewrite that succeeded began
	Dirty     time.Time // when something expired that the file still holds; zero for clean
	Begun     time.Time // when the rewrite under way began; zero for none
	Tried     time.Time // when a rewrite was begun or refused last
	RunID     string    // of the server that began it, else of the one that was seen last
	Seen      time.Time // when it answered, about
	Failure   string    // why the last try at a rewrite failed; "" if it did not
	Away      string    // why no rewrite can be tried; "" if one can
}

// rewrite has each node rewrite its file if that is due.
func (j *Job) rewrite(ctx context.Context, now, expired time.Time) {
	primaries, err := j.client.Primaries(ctx)
	if err != nil || len(primaries) == 0 {
		return
	}
	visit := func(ctx context.Context, name string, client *redis.Client) (runID string) {
		n, known := j.nodes[name]
		if !known {
			n.Seen = now
		}
		runID = j.tend(ctx, &n, client, now, expired)
		j.nodes[name] = n
		return runID
	}
	dial := func(ctx context.Context, address string) (runID string) {
		client := redisconn.Dial(primaries[0], address)
		defer client.Close()
		return visit(ctx, address, client)
	}
	runs := make(map[string]string) // of the nodes that are in use
	for _, primary := range primaries {
		name := primaryName
		if j.client.Cluster() != nil {
			name = primary.Options().Addr
		}
		runs[name] = visit(ctx, name, primary)
	}
	for _, primary := range primaries {
		replicas, _ := redisconn.Replicas(ctx, primary) // an error of the primary is noted
		for _, address := range replicas {
			if _, visited := runs[address]; !visited {
				runs[address] = dial(ctx, address)
			}
		}
	}
	until := time.Now().Add(goneTimeout)
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	inUse := slices.Collect(maps.Values(runs))
	for name := range j.nodes { // in random order
		if ctx.Err() != nil || !time.Now().Before(until) { // a connection may notice it before ctx
			return
		}
		if _, visited := runs[name]; visited || name == primaryName {
			continue
		}
		// No primary names this node any more. It may be one of the others under another name.
		run := dial(ctx, name)
		if run != "" && slices.Contains(inUse, run) || now.Sub(j.nodes[name].Seen) > forgetNode {
			delete(j.nodes, name)
		}
	}
}

// tend looks at a node and begins a rewrite if one is due. It returns the ID of the
// running server, or "" if it does not answer.
func (j *Job) tend(ctx context.Context, n *node, client *redis.Client, now, expired time.Time) (runID string) {
	info, err := redisconn.ReadInfo(ctx, client, "default")
	if err != nil {
		n.Away = "it is not reachable"
		if redisconn.Refused(err) {
			n.Away = "it refuses INFO"
		}
		return ""
	}
	runID, n.Away = info["run_id"], ""
	seen := n.Seen
	if now.Sub(n.Seen) > noteSeen {
		n.Seen = now
	}
	if info["role"] == "slave" && info["master_link_status"] != "up" {
		n.Away = "it does not follow its primary"
		return runID
	}
	if info["aof_enabled"] != "1" {
		*n = node{Rewritten: now, Seen: n.Seen} // it has no file
		return runID
	}
	busy := info["aof_rewrite_in_progress"] == "1" || info["aof_rewrite_scheduled"] == "1"
	if !busy {
		n.end(runID, info["aof_last_bgrewrite_status"] == "ok")
	}
	if uptime, _ := strconv.Atoi(info["uptime_in_seconds"]); n.RunID != runID && now.Add(-time.Duration(uptime)*time.Second).Before(seen) {
		n.Rewritten = time.Time{} // not a restart: another server has its name now, after a failover
	}
	if n.Begun.IsZero() {
		n.RunID = runID
	}
	if n.Rewritten.After(now) || n.Tried.After(now) { // the clock was set back
		n.Rewritten, n.Tried = time.Time{}, time.Time{}
	}
	n.mark(now, expired, j.times.tick/2)
	if !busy && !n.Dirty.IsZero() && now.Sub(n.Rewritten) >= j.times.rewrite && now.Sub(n.Tried) >= j.times.retry {
		n.begin(ctx, client, runID, now)
	}
	return runID
}

// end notes how the rewrite under way ended.
func (n *node) end(runID string, ok bool) {
	switch {
	case n.Begun.IsZero():
		return
	case n.RunID != runID:
		n.Failure = "it ended during the rewrite"
	case !ok:
		n.Failure = "the rewrite failed, see the log of Redis"
	default:
		n.Rewritten, n.Dirty, n.Failure = n.Begun, time.Time{}, ""
	}
	n.Begun = time.Time{}
}

// mark notes that the file holds something that expired. Something that expired less than
// margin before a rewrite began may be in the rewritten file, because clocks differ.
func (n *node) mark(now, expired time.Time, margin time.Duration) {
	switch {
	case !n.Dirty.IsZero():
	case n.Rewritten.IsZero(), now.Sub(n.Rewritten) >= rewriteAtLeast:
		n.Dirty = now
	case expired.Add(margin).After(n.Rewritten):
		n.Dirty = expired
	}
}

// begin begins a rewrite.
func (n *node) begin(ctx context.Context, client *redis.Client, runID string, now time.Time) {
	n.Tried = now
	err := client.BgRewriteAOF(ctx).Err()
	switch {
	case err == nil:
		n.Begun, n.RunID = now, runID
	case strings.Contains(err.Error(), "in progress"): // another leader was faster
	case redisconn.Refused(err) && !strings.HasPrefix(err.Error(), "ERR Can't execute"):
		n.Failure = "it refuses BGREWRITEAOF"
	case redisconn.Refused(err):
		n.Failure = "it cannot begin a rewrite, see the log of Redis"
	default:
		n.Failure = "it is not reachable"
	}
}
