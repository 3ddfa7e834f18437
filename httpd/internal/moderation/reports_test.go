package moderation

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
)

// reportsTest is the Reports of two processes with one Redis.
type reportsTest struct {
	*testing.T
	client     *redisconn.Client
	log        *roomlog.Log
	one, other *Reports
	now        time.Time
}

func newReportsTest(t *testing.T, c *redisconn.Client) *reportsTest {
	log := roomlog.New(c, roomlog.Options{})
	t.Cleanup(log.Close)
	o := ReportOptions{Prefix: "chatter:", Retention: roomlog.DefaultRetention}
	return &reportsTest{t, c, log, NewReports(c, log, o), NewReports(c, log, o), time.Now()}
}

func onBoth(t *testing.T, test func(t *reportsTest)) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) { test(newReportsTest(t, c)) })
}

func room(t testing.TB, s string) name.Room {
	t.Helper()
	r, err := name.ParseRoom(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (t *reportsTest) say(in, text string) wire.ID {
	t.Helper()
	parsed, err := wire.ParseText(text)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := t.log.Append(t.Context(), room(t, in), wire.NewNonce(), parsed)
	if err != nil {
		t.Fatal(err)
	}
	return stored.ID
}

// from is a request from an address.
func (t *reportsTest) from(address string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	r.RemoteAddr = net.JoinHostPort(address, "1234")
	return r
}

func (t *reportsTest) report(r *Reports, address, in string, id wire.ID) {
	t.Helper()
	if err := r.Add(t.from(address), room(t, in), id, t.now); err != nil {
		t.Fatalf("report from %s: %v", address, err)
	}
}

func (t *reportsTest) write(all ...*Reports) {
	t.Helper()
	for _, r := range all {
		if err := r.write(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// lines is the list, a line for each message.
func (t *reportsTest) lines() (lines []string) {
	t.Helper()
	list, err := t.one.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		lines = append(lines, fmt.Sprintf("%v: %q %d %d", r.Room, r.Text, r.Reports, r.Classes))
	}
	return lines
}

func TestReports_CountOverProcesses(t *testing.T) {
	onBoth(t, func(t *reportsTest) {
		spam, other := t.say("Go Fans", "spam"), t.say("tea", "other")
		for _, from := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"} {
			t.report(t.one, from, "Go Fans", spam)
			t.report(t.other, from, "go fans", spam)
		}
		t.report(t.other, "192.0.2.3", "go fans", spam)
		t.report(t.one, "192.0.2.1", "tea", other)
		t.report(t.one, "2001:db8:1:2::3", "tea", other)
		t.report(t.one, "2001:db8:1:2:ffff::9", "tea", other)
		if lines := t.lines(); lines != nil {
			t.Errorf("before they are written: %q", lines)
		}
		t.write(t.one, t.other)
		// The second process has seen three classes, and some of them are those of the first.
		want := []string{`go fans: "spam" 7 3`, `tea: "other" 3 2`}
		if diff := cmp.Diff(want, t.lines()); diff != "" {
			t.Error(diff)
		}
		t.write(t.one, t.other)
		if diff := cmp.Diff(want, t.lines()); diff != "" {
			t.Errorf("without new reports: %s", diff)
		}
	})
}

func TestReports_GoWithTheMessage(t *testing.T) {
	onBoth(t, func(t *reportsTest) {
		ctx, rdb := t.Context(), t.client.Universal()
		kept, removed := t.say("tea", "kept"), t.say("tea", "removed")
		expired := wire.FirstID(t.now.Add(-25 * time.Hour))
		if err := rdb.Do(ctx, "XADD", "chatter:room:{old}:log", expired.String(), "m", "expired").Err(); err != nil {
			t.Fatal(err)
		}
		for _, id := range []wire.ID{kept, removed, {Ms: 5}} {
			t.report(t.one, "192.0.2.1", "tea", id)
		}
		t.report(t.one, "192.0.2.1", "old", expired)
		t.write(t.one)
		// It was reported before it expired.
		if err := rdb.Do(ctx, "ZADD", "chatter:reports", classUnit+1, "old "+expired.String()).Err(); err != nil {
			t.Fatal(err)
		}
		if n := rdb.ZCard(ctx, "chatter:reports").Val(); n != 3 {
			t.Errorf("%d reported messages are stored, want 3: one never existed", n)
		}
		if _, err := t.log.Remove(ctx, room(t, "tea"), removed); err != nil {
			t.Fatal(err)
		}
		if lines := t.lines(); !slices.Equal(lines, []string{`tea: "kept" 1 1`}) {
			t.Errorf("listed are %q", lines)
		}
		if left := rdb.ZRange(ctx, "chatter:reports", 0, -1).Val(); !slices.Equal(left, []string{"tea " + kept.String()}) {
			t.Errorf("Redis holds %q", left)
		}
	})
}

func TestReports_OneClassDoesNotFillTheList(t *testing.T) {
	onBoth(t, func(t *reportsTest) {
		id := t.say("tea", "hello")
		for range maxPerClass {
			t.report(t.one, "192.0.2.1", "tea", id)
		}
		for _, address := range []string{"192.0.2.1", "::ffff:192.0.2.1"} {
			r := t.from(address)
			if err := t.one.Add(r, room(t, "tea"), id, t.now); !errors.Is(err, ErrTooManyReports) {
				t.Errorf("one more from %s: %v", address, err)
			}
		}
		t.report(t.one, "192.0.2.2", "tea", id)
		t.now = t.now.Add(classLife)
		t.report(t.one, "192.0.2.1", "tea", id)
		t.write(t.one)
		// The two classes of the first hour are not added to those of the second.
		if lines := t.lines(); !slices.Equal(lines, []string{fmt.Sprintf(`tea: "hello" %d 2`, maxPerClass+2)}) {
			t.Errorf("listed are %q", lines)
		}
	})
}

func TestReports_ThoseFromMostClassesStay(t *testing.T) {
	onBoth(t, func(t *reportsTest) {
		r := room(t, "tea")
		t.one.unwritten[memberOf(r, wire.ID{Ms: 1})] = counts{reports: 2, classes: 2}
		t.write(t.one)
		for i := range maxReported + 100 {
			t.one.unwritten[memberOf(r, wire.ID{Ms: uint64(1000 + i)})] = counts{reports: 1000, classes: 1}
		}
		t.write(t.one)
		ctx, rdb := t.Context(), t.client.Universal()
		if n := rdb.ZCard(ctx, "chatter:reports").Val(); n != maxReported {
			t.Errorf("%d messages are kept", n)
		}
		if rank, err := rdb.ZRevRank(ctx, "chatter:reports", "tea 1-0").Result(); err != nil || rank != 0 {
			t.Errorf("the one that two classes report: rank %d, %v", rank, err)
		}
	})
}

func TestReports_MemoryIsBounded(t *testing.T) {
	c, err := redisconn.Open("redis://" + miniredis.RunT(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	x := newReportsTest(t, c)
	refused := 0
	for i := range maxClasses + 50 {
		if _, err := x.one.admit(x.from(fmt.Sprintf("10.%d.%d.1", i>>8, i&255)), x.now); err != nil {
			refused++
		}
	}
	if len(x.one.byClass) != maxClasses || refused != 50 {
		t.Errorf("%d classes are counted, %d reports refused", len(x.one.byClass), refused)
	}
	for i := range maxReported + 1 {
		err = x.one.count([16]byte{1}, memberOf(room(t, "tea"), wire.ID{Ms: uint64(i)}))
	}
	for i := range 2 * maxClassesPerMessage {
		_ = x.one.count([16]byte{byte(i)}, memberOf(room(t, "tea"), wire.ID{}))
	}
	if len(x.one.byMessage) != maxReported || !errors.Is(err, ErrTooManyReports) || len(x.one.byMessage[memberOf(room(t, "tea"), wire.ID{})]) != maxClassesPerMessage {
		t.Errorf("%d messages are counted: %v", len(x.one.byMessage), err)
	}
}

func TestReports_WaitForRedis(t *testing.T) {
	m := miniredis.RunT(t)
	c, err := redisconn.Open("redis://" + m.Addr() + "?max_retries=-1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	x := newReportsTest(t, c)
	id := x.say("tea", "hello")
	x.report(x.one, "192.0.2.1", "tea", id)
	m.SetError("OOM command not allowed when used memory > 'maxmemory'.")
	if err := x.one.write(t.Context()); !errors.Is(err, redisconn.ErrUnavailable) {
		t.Errorf("a Redis that is full: %v", err)
	}
	m.SetError("")
	x.report(x.one, "192.0.2.2", "tea", id)
	x.one.Start()
	x.one.Close() // writes them
	if lines := x.lines(); !slices.Equal(lines, []string{`tea: "hello" 2 2`}) {
		t.Errorf("listed are %q", lines)
	}
}

// A report is stored as a room, an ID and counts, the same for each guest.
func TestReports_StoreNothingOfTheGuest(t *testing.T) {
	onBoth(t, func(t *reportsTest) {
		id := t.say("Café {x}", "hello")
		r := t.from("192.0.2.77")
		r.AddCookie(&http.Cookie{Name: "chatter", Value: "a.b"})
		if err := t.one.Add(r, room(t, "Café {x}"), id, t.now); err != nil {
			t.Fatal(err)
		}
		t.write(t.one)
		stored := t.client.Universal().ZRangeWithScores(t.Context(), "chatter:reports", 0, -1).Val()
		if len(stored) != 1 || stored[0].Score != classUnit+1 || !regexp.MustCompile(`^caf%C3%A9%20%7Bx%7D \d{13}-\d+$`).MatchString(stored[0].Member.(string)) {
			t.Errorf("stored is %v", stored)
		}
		keys := t.client.Universal().Keys(t.Context(), "*").Val()
		slices.Sort(keys)
		if len(keys) != 3 || keys[0] != "chatter:reports" || !strings.Contains(keys[2], ":nonce:") {
			t.Errorf("keys %q", keys)
		}
		if ttl := t.client.Universal().PTTL(t.Context(), "chatter:reports").Val(); ttl <= 0 || ttl > roomlog.DefaultRetention {
			t.Errorf("the reports end in %v", ttl)
		}
	})
}
