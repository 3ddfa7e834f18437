package faults_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/wire"
)

// Redis hangs for ten seconds while many speak and pages are asked for: sockets stay
// open, whoever speaks is told in time that it is not stored, pages say that they come
// back, and no process piles anything up. When Redis goes on, so does all else, by itself.
func TestRedis_HangsForTenSeconds(t *testing.T) {
	built(t)
	t.Parallel()
	w := start(t, bin, "CHATTER_HARAKIRI=4s") // so that pages are answered more than once meanwhile
	const guests, rooms = 160, 10
	people := make([]*person, guests)
	for i := range people {
		people[i] = w.join(fmt.Sprint("hung", i%rooms))
	}
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
	over := time.NewTimer(10 * time.Second)
	for i, p := range people {
		p.Say(fmt.Sprint("first of ", i))
		p.Say(fmt.Sprint("second of ", i))
	}
	const viewing = 20
	stop := w.viewers(viewing, "hung0")
	look := time.NewTicker(500 * time.Millisecond)
	defer look.Stop()
	for hung := true; hung; {
		select {
		case <-over.C:
			hung = false
		case <-look.C:
		}
		for _, p := range processes {
			most := before[p] + 40
			if strings.HasPrefix(p, "httpd") {
				most += 5 * viewing // a request has a few, a message none
			}
			if now := w.goroutines(p); now > most {
				t.Errorf("%s has %d goroutines, %d before", p, now, before[p])
			}
		}
	}
	for i, p := range people {
		p.note(func() {
			if p.codes[wire.CodeUnavailable] == 0 {
				t.Errorf("guest %d has not been told in ten seconds: %v", i, p.codes)
			}
		})
		if p.ended() > 0 {
			t.Errorf("the socket of guest %d was cut", i)
		}
	}
	answers := stop()
	if answers["503 and retry"] == 0 || len(answers) > 1 && (len(answers) > 2 || answers["200"] == 0) {
		t.Errorf("pages: %v, want 503 and retry", answers)
	}

	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for i, p := range people {
		w.within(fmt.Sprintf("all of guest %d is acked", i), func() bool { return p.Unsent() == 0 })
	}
	c := w.redis()
	for room := range rooms {
		log := w.log(c, fmt.Sprint("hung", room))
		if len(log) != 2*guests/rooms {
			t.Errorf("room %d: %d messages are stored, want %d", room, len(log), 2*guests/rooms)
		}
		for i := room; i < guests; i += rooms {
			w.within(fmt.Sprintf("guest %d sees the log", i), func() bool { return people[i].sees(log) })
		}
	}
	w.within("pages are shown", func() bool {
		status, _, _ := w.page(t.Context(), "hung0")
		return status == 200
	})
	for _, p := range processes {
		w.within(p+" has let go of what it did", func() bool { return w.goroutines(p) <= before[p]+20 })
	}
}

// Redis is loading for a while, and comes back older than it was: pages say that they come
// back, what is said is kept; then everybody is told of a gap and sees what the log has.
func TestRedis_LoadsLongAndComesBackOlder(t *testing.T) {
	built(t)
	t.Parallel()
	w := start(t, bin)
	ann, ben := w.join("Past"), w.join("Past")
	w.talk(ann, "kept", ann, ben)
	c := w.redis()
	pipe := c.Universal().Pipeline()
	for i := range 100_000 {
		pipe.Do(t.Context(), "SET", "filler", i)
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
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
	conf := filepath.Join(w.Dir(), "redis.conf")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	install(t, conf, append(text, "\nkey-load-delay 200\n"...), 0o600)
	ann.Say("meanwhile")
	w.ctl("start", "redis")
	w.within("Redis says that it is loading", func() bool {
		err := c.Ready(t.Context())
		return err != nil && strings.Contains(err.Error(), "LOADING")
	})
	if status, retry, err := w.page(t.Context(), "Past"); status != 503 || retry == "" || err != nil {
		t.Errorf("a page while Redis is loading: %d, retry %q, %v", status, retry, err)
	}
	w.within("Ann is told", func() bool {
		ann.mu.Lock()
		defer ann.mu.Unlock()
		return ann.codes[wire.CodeUnavailable] > 0
	})
	if err := c.Universal().Do(t.Context(), "CONFIG", "SET", "key-load-delay", "0").Err(); err != nil {
		t.Fatal(err)
	}

	w.within("what was said meanwhile goes through", func() bool { return ann.Unsent() == 0 })
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
		w.within(fmt.Sprintf("guest %d sees the log", i), func() bool { return p.sees(log) })
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

func (w *site) ctl(args ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if _, err := w.Ctl(ctx, args...); err != nil {
		w.t.Fatal(err)
	}
}
