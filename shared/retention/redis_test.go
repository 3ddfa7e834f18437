package retention

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
)

// The shortest retention that a file follows: it is rewritten every ten seconds at most.
const short = 2 * time.Second

const word = "xylophone-of-the-canary"

func open(t testing.TB, url string) *redisconn.Client {
	t.Helper()
	c, err := redisconn.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRedis_AnExpiredWordIsInNoFile(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	p := startProcess(t, open(t, server.URL), Options{Retention: short})
	until(t, "the first rewrite is over", func() bool { return p.gauge("chatter_last_rewrite_seconds") >= 0 })
	p.say(t, "room", word)
	if !onDisk(t, server.Dir(), word) {
		t.Fatal("the word is not in the append-only file")
	}
	until(t, "the log is gone", func() bool { return server.Do("KEYS", "*:log") == "" })
	until(t, "the word is in no file", func() bool { return !onDisk(t, server.Dir(), word) })
	if age := p.gauge("chatter_last_rewrite_seconds"); age > hangLimit.Seconds() {
		t.Errorf("the last rewrite began %v s ago", age)
	}
	if age := p.gauge("chatter_oldest_message_seconds"); age != 0 {
		t.Errorf("the oldest message is %v s old, want none", age)
	}
}

// A Redis without any memory left executes all that is needed to forget.
func TestRedis_ForgetsWhenItIsFull(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	first := startProcess(t, open(t, server.URL), Options{Retention: short})
	first.say(t, "room", word)
	first.end()
	server.Do("CONFIG", "SET", "maxmemory", "1")
	if _, err := server.Try("SET", "key", "x"); !redisconn.Full(err) {
		t.Fatalf("Redis is not full: %v", err)
	}
	// None of them can take the lock.
	for range 2 {
		startProcess(t, open(t, server.URL), Options{Retention: short})
	}
	until(t, "the log is gone", func() bool { return server.Do("KEYS", "*:log") == "" })
	until(t, "the word is in no file", func() bool { return !onDisk(t, server.Dir(), word) })
}

func TestRedis_AReplicaForgetsToo(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinel(t)
	primary, replica := s.Pair[0], s.Pair[1]
	// Through the Sentinel and without it.
	p := startProcess(t, open(t, s.URL), Options{Retention: short})
	startProcess(t, open(t, primary.URL), Options{Retention: short})
	p.say(t, "room", word)
	until(t, "the word has reached the replica's file", func() bool { return onDisk(t, replica.Dir(), word) })
	until(t, "the word is in no file", func() bool {
		return !onDisk(t, primary.Dir(), word) && !onDisk(t, replica.Dir(), word)
	})
	until(t, "nothing is found", func() bool { return len(p.Findings()) == 0 })

	replica.Kill()
	until(t, "the replica is missed", func() bool { return p.finds("a node may keep messages that are expired: it is not reachable") })
	p.end()
	next := startProcess(t, open(t, s.URL), Options{Retention: short})
	until(t, "the next process misses it too", func() bool {
		return next.finds("it is not reachable") && strings.Contains(next.output.String(), "it is not reachable")
	})
	if text := next.output.String(); strings.Contains(text, "127.0.0.1") {
		t.Errorf("log:\n%s", text)
	}
	// It gets the word by a full synchronization, which must leave no dump.rdb.
	primary.Do("SET", "filler", word)
	replica.Run()
	until(t, "nothing is missed any more", func() bool { return len(next.Findings()) == 0 && replica.Do("EXISTS", "filler") == "1" })
	primary.Do("DEL", "filler")

	// The two change roles. Each of them is still looked after, under one name.
	s.Failover()
	s.AwaitDemotion()
	next.say(t, "room", word)
	until(t, "the word has reached both files", func() bool { return onDisk(t, primary.Dir(), word) && onDisk(t, replica.Dir(), word) })
	until(t, "the word is in no file", func() bool {
		return !onDisk(t, primary.Dir(), word) && !onDisk(t, replica.Dir(), word)
	})
	until(t, "nothing is missed", func() bool { return len(next.Findings()) == 0 && len(next.last.Load().nodes) == 2 })
}

func TestRedis_EachNodeOfAClusterForgets(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	p := startProcess(t, open(t, cluster.URL), Options{Retention: short})
	onNodes := func() (n int) {
		for _, node := range cluster.Nodes {
			if onDisk(t, node.Dir(), word) {
				n++
			}
		}
		return n
	}
	for i := 0; onNodes() < 3; i++ {
		p.say(t, fmt.Sprint("room ", i), word)
	}
	until(t, "the word is in no file", func() bool { return onNodes() == 0 })
	until(t, "nothing is found", func() bool { return len(p.Findings()) == 0 })
}

func TestRedis_AUserWithoutBGREWRITEAOFIsFound(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--rename-command", "BGREWRITEAOF", "")
	p := startProcess(t, open(t, server.URL), Options{Retention: short})
	until(t, "it is found", func() bool { return p.finds("it refuses BGREWRITEAOF") })
}

func TestRedis_ARewriteThatFailsIsFoundAndTriedAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--rdb-key-save-delay", "1000000000")
	server.Do("SET", "key", "x") // the rewrite takes longer than the test
	p := startProcess(t, open(t, server.URL), Options{Retention: short})
	children := filepath.Join("/proc", strconv.Itoa(server.Pid()), "task", strconv.Itoa(server.Pid()), "children")
	killed := false
	until(t, "the rewrite is found to have failed", func() bool {
		text, err := os.ReadFile(children)
		if err != nil {
			t.Fatal(err)
		}
		if child, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && !killed {
			killed = syscall.Kill(child, syscall.SIGKILL) == nil
			server.Do("CONFIG", "SET", "rdb-key-save-delay", "0")
		}
		return p.finds("the rewrite failed")
	})
	until(t, "the next one has succeeded", func() bool { return len(p.Findings()) == 0 && p.gauge("chatter_last_rewrite_seconds") >= 0 })
}
