package faults_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/test/fixture"
)

// Redis hangs while many speak and pages are asked for: sockets stay open, each guest is
// told that the message is not stored, pages say that they come back, and no process piles
// anything up. When Redis goes on, so does all else, by itself.
func TestRedis_Hangs(t *testing.T) {
	t.Parallel()
	w := start(t, raceServices(t), "CHATTER_HARAKIRI=4s") // so that pages are soon answered
	const guests, rooms = 160, 10
	people := make([]*person, guests)
	for i := range people {
		people[i] = w.join(fmt.Sprint("hung", i%rooms))
		people[i].Say(fmt.Sprint("before of ", i)) // a guest who has said something has a reader
	}
	allAcked := func() {
		t.Helper()
		for i, p := range people {
			fixture.Await(t, fmt.Sprintf("all of guest %d is acked", i), func() bool { return len(p.Unsent()) == 0 }, p.told)
		}
	}
	allAcked()
	processes := []string{"httpd:httpd_0", "httpd:httpd_1", "wsd:wsd_0", "wsd:wsd_1"}
	before := make(map[string]int)
	for _, p := range processes {
		before[p] = w.goroutines(p)
	}
	pid, err := w.Kill(t.Context(), "redis", syscall.SIGSTOP)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(pid, syscall.SIGCONT) // also when the test fails
	ends := make([]int, guests)
	for i, p := range people {
		ends[i] = p.ended()
		p.Say(fmt.Sprint("first of ", i))
		p.Say(fmt.Sprint("second of ", i))
	}
	const viewing = 20
	const away = "503 and retry"
	viewers := w.viewers(viewing, "hung0")
	// Redis hangs until all have been answered twice: what piles up with each answer shows.
	untold := func() (list []int) {
		for i, p := range people {
			if p.refusals(wire.CodeUnavailable) < 2 {
				list = append(list, i)
			}
		}
		return list
	}
	fixture.Await(t, "all are told twice that Redis is away", func() bool {
		for _, p := range processes {
			most := before[p] + 40
			if strings.HasPrefix(p, "httpd") {
				most += 5 * viewing // a request has a few
			}
			if now := w.goroutines(p); now > most {
				t.Fatalf("%s has %d goroutines, %d before", p, now, before[p])
			}
		}
		return len(untold()) == 0 && viewers.count(away) >= 2*viewing
	}, func() string {
		return fmt.Sprintf("guests %v are not; %d pages say so", untold(), viewers.count(away))
	})
	for i, p := range people {
		if p.ended() > ends[i] {
			t.Errorf("the socket of guest %d was cut", i)
		}
	}
	answers := viewers.stop()
	if len(answers) > 1 && (len(answers) > 2 || answers["200"] == 0) {
		t.Errorf("pages: %v, want %s", answers, away)
	}

	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	allAcked()
	c := w.redis()
	for room := range rooms {
		log := w.log(c, fmt.Sprint("hung", room))
		if len(log) != 3*guests/rooms {
			t.Errorf("room %d: %d messages are stored, want %d", room, len(log), 3*guests/rooms)
		}
		for i := room; i < guests; i += rooms {
			fixture.Await(t, fmt.Sprintf("guest %d sees the log", i), func() bool { return people[i].sees(log) }, people[i].told)
		}
	}
	fixture.Await(t, "pages are shown", func() bool {
		status, _, _ := w.page(t.Context(), "hung0")
		return status == 200
	})
	for _, p := range processes {
		fixture.Await(t, fmt.Sprintf("%s has at most %d goroutines", p, before[p]+20), func() bool {
			return w.goroutines(p) <= before[p]+20
		}, func() string { return fmt.Sprintf("it has %d", w.goroutines(p)) })
	}
}

// Redis is loading for a while, and comes back older than it was: pages say that they come
// back, what is said is kept; then everybody is told of a gap and sees what the log has.
func TestRedis_LoadsLongAndComesBackOlder(t *testing.T) {
	t.Parallel()
	w := start(t, raceServices(t))
	ann, ben := w.join("Past"), w.join("Past")
	w.talk(ann, "kept", ann, ben)
	c := w.redis()
	data, copied := filepath.Join(w.RedisData(), "appendonlydir"), filepath.Join(w.Dir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	w.talk(ben, "lost", ann, ben)

	w.ctl("stop", "redis")
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(copied, data); err != nil {
		t.Fatal(err)
	}
	// Redis loads for longer than the test may hang, until the test lets it go on.
	const delay, keys = 200 * time.Microsecond, 1_000_000
	logs, err := filepath.Glob(filepath.Join(data, "*.incr.aof"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("append-only files %q, %v, want one", logs, err)
	}
	appendTo(t, logs[0], strings.Repeat("*3\r\n$3\r\nSET\r\n$6\r\nfiller\r\n$1\r\n0\r\n", keys))
	appendTo(t, filepath.Join(w.Dir(), "redis.conf"), fmt.Sprintf("\nkey-load-delay %d\n", delay.Microseconds()))
	ann.Say("meanwhile")
	w.ctl("start", "redis")
	fixture.Await(t, "Redis says that it is loading", func() bool {
		err := c.Ready(t.Context())
		return err != nil && strings.Contains(err.Error(), "LOADING")
	})
	if status, retry, err := w.page(t.Context(), "Past"); status != 503 || retry == "" || err != nil {
		t.Errorf("a page while Redis is loading: %d, retry %q, %v", status, retry, err)
	}
	fixture.Await(t, "Ann is told", func() bool { return ann.refusals(wire.CodeUnavailable) > 0 }, ann.told)
	if err := c.Universal().Do(t.Context(), "CONFIG", "SET", "key-load-delay", "0").Err(); err != nil {
		t.Fatal(err)
	}

	fixture.Await(t, "what was said meanwhile goes through", func() bool { return len(ann.Unsent()) == 0 }, ann.told)
	w.talk(ben, "after", ann, ben)
	late := w.join("Past")
	log := w.log(c, "past")
	want := []string{"kept", "meanwhile", "after"}
	var got []string
	for _, e := range log {
		got = append(got, e.Text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log has %q, want %q", got, want)
	}
	for i, p := range []*person{ann, ben, late} {
		fixture.Await(t, fmt.Sprintf("guest %d sees the log", i), func() bool { return p.sees(log) }, p.told)
		p.note(func() {
			if want := min(1, 2-i); p.gaps != want { // the late one knows of nothing
				t.Errorf("guest %d is told of %d gaps", i, p.gaps)
			}
		})
	}
	if status, _, err := w.page(t.Context(), "Past"); status != 200 {
		t.Errorf("a page in the end: %d, %v", status, err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func (w *site) ctl(args ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), fixture.HangLimit)
	defer cancel()
	if _, err := w.Ctl(ctx, args...); err != nil {
		w.t.Fatal(err)
	}
}
