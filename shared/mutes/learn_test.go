package mutes

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// guests are what an operator must not learn: who wrote which message, and who is there.
type guests struct {
	authors [3]session.Author // of three messages, stored by process 0, 0 and 1
	// talk is called in each step with both processes: the guests who are there try to say
	// something.
	talk func(step int, processes []*process)
}

var random = regexp.MustCompile(`[A-Za-z0-9_-]{43}|[A-Z2-7]{26}|\b[0-9a-f]{10}\b`)

// watch mutes the authors of the three messages, asks again in each of several intervals, and
// lifts one mute. It returns all that an operator can see, but for random values: the answers
// and how long they took, the orders in force, the commands that Redis got and when, and the
// content of Redis.
func (g guests) watch(t *testing.T) (seen []string) {
	synctest.Test(t, bubbled(func(b *bubble) {
		note := func(format string, args ...any) {
			seen = append(seen, random.ReplaceAllString(fmt.Sprintf(format, args...), "RANDOM"))
		}
		processes := []*process{b.start(), b.start()}
		var ids []wire.ID
		for i, author := range g.authors {
			ids = append(ids, processes[i/2].store(author))
		}
		unknown := ids[2]
		unknown.Seq++
		orders := make(map[int]Order)
		ask := func(step int) {
			for i, id := range append(ids, unknown) {
				if step == 0 && i == 1 {
					continue // the second one is muted when the first one's author knows already
				}
				asked := time.Now()
				order, err := processes[step%2].Mute(b.Context(), room(b, "tea"), id, 35*time.Second)
				orders[i] = order
				note("step %d message %d after %v: %v %v", step, i, time.Since(asked), order, err)
				synctest.Wait()
			}
		}
		for step := range 6 {
			ask(step)
			if step < 4 {
				g.talk(step, processes)
				ask(step)
				g.talk(step, processes)
			}
			if step == 4 {
				note("lift: %v", processes[0].Lift(b.Context(), orders[0].Handle))
				synctest.Wait()
				note("lift again: %v", processes[1].Lift(b.Context(), orders[0].Handle))
			}
			for _, p := range processes {
				note("in force: %v", p.InForce())
			}
			sleepIntervals(1)
			var sent []string
			for _, line := range b.commands.take() {
				if !strings.Contains(line, " hello 2") { // a connection more or less
					sent = append(sent, random.ReplaceAllString(line, "RANDOM"))
				}
			}
			slices.Sort(sent) // of one moment: the processes run side by side
			seen = append(seen, sent...)
			note("Redis: %q", b.m.Keys())
			for _, member := range slices.Sorted(maps.Values(b.members())) {
				note("Redis has one until %v", member)
			}
		}
		for _, p := range processes {
			p.end()
		}
	}))
	return seen
}

func TestMute_TellsNothingOfTheAuthors(t *testing.T) {
	silence := func(int, []*process) {}
	all := func(step int, processes []*process) {
		for _, p := range processes {
			p.Muted(ann)
			p.Muted(ben)
			p.Muted(session.Author{3})
		}
	}
	leaving := func(step int, processes []*process) {
		if step < 2 {
			processes[0].Muted(ann)
		}
	}
	want := guests{[3]session.Author{ann, ben, {3}}, silence}.watch(t)
	if text := strings.Join(want, "\n"); strings.Count(text, "Redis has one") < 6 || !strings.Contains(text, "not known any more") || !strings.Contains(text, "publish test:muted:live") || !strings.Contains(text, "zadd test:muted") {
		t.Fatalf("there is nothing to compare:\n%s", text)
	}
	for name, g := range map[string]guests{
		"one author of all":          {[3]session.Author{ann, ann, ann}, silence},
		"one author of two":          {[3]session.Author{ann, ben, ann}, silence},
		"all talk":                   {[3]session.Author{ann, ben, {3}}, all},
		"one author of all, talking": {[3]session.Author{ann, ann, ann}, all},
		"the author leaves":          {[3]session.Author{ann, ben, {3}}, leaving},
		"another guest leaves":       {[3]session.Author{ben, ben, ben}, leaving},
	} {
		if diff := cmp.Diff(want, g.watch(t)); diff != "" {
			t.Errorf("%s: the operator sees a difference:\n%s", name, diff)
		}
	}
}

// The number of refused messages changes only when an interval is over.
func TestRefused_IsPublishedWithTheInterval(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		p.mute(p.store(ann), time.Minute)
		for range 3 {
			b.want("muted", ann, true, p)
		}
		if n := p.Refused.Load(); n != 0 {
			t.Errorf("%d within the interval", n)
		}
		sleepIntervals(1)
		if n := p.Refused.Load(); n != 3 {
			t.Errorf("%d after it", n)
		}
	}))
}

// The mutes stand sorted in one command, and neither it nor its end tells when an
// order was given.
func TestMute_TheOrdersOfAnIntervalAreWrittenTogether(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		for range 9 {
			p.mute(p.store(ann), 25*time.Second)
			time.Sleep(time.Second)
		}
		b.commands.take()
		sleepIntervals(1)
		var writes []string
		for _, line := range b.commands.take() {
			if strings.Contains(line, "zadd") {
				writes = append(writes, line)
			}
		}
		if len(writes) != 1 {
			t.Fatalf("written by %q", writes)
		}
		marks := regexp.MustCompile(`[A-Za-z0-9_-]{43}`).FindAllString(writes[0], -1)
		if len(marks) != 9 || !slices.IsSorted(marks) {
			t.Errorf("written as %q", marks)
		}
		for _, ends := range b.members() {
			if int64(ends)%int64(every/time.Second) != 0 {
				t.Errorf("ends at %v", ends)
			}
		}
	}))
}

func TestMute_NeedsRedis(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		id := p.store(ann)
		b.m.SetError("LOADING")
		if _, err := p.Mute(b.Context(), room(t, "tea"), id, time.Minute); err == nil || errors.Is(err, ErrUnknown) {
			t.Errorf("error %v", err)
		}
		b.m.SetError("")
		p.mute(id, time.Minute)
		b.want("Redis is back", ann, true, p)
	}))
}
