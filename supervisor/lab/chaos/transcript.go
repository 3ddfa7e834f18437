package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// writeTranscripts writes what went wrong, the faults, and for everybody concerned what
// they said and saw, and the logs of their rooms.
func (r *report) writeTranscripts(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	w := bufio.NewWriter(f)
	r.print(w)
	guests, rooms := map[int]bool{}, map[int]bool{}
	for _, list := range []struct {
		title    string
		findings []finding
	}{{"lost", r.verdict.Lost}, {"doubled", r.verdict.Doubled}, {"reordered", r.verdict.Reordered}, {"unexplained gap", r.verdict.Unexplained}} {
		for _, x := range list.findings {
			fmt.Fprintf(w, "%s: guest %d in room %d: %s\n", list.title, x.guest, x.room, x.what)
			guests[x.guest], rooms[x.room] = true, true
		}
	}
	begun := r.people[0].begun
	fmt.Fprintln(w, "\nhandshakes that failed")
	for _, p := range r.people {
		for _, f := range p.failures {
			fmt.Fprintf(w, "%9.3f guest %d in room %d: %s, after %s\n", f.at.Seconds(), p.number, p.room, f.how, f.kind)
		}
	}
	fmt.Fprintln(w, "\nfaults")
	for _, h := range r.faults {
		fmt.Fprintf(w, "%9.3f %s %s\n", h.at.Sub(begun).Seconds(), h.kind, h.note)
	}
	for _, p := range r.people {
		if guests[p.number] {
			p.write(w)
		}
	}
	for i, record := range r.rooms {
		if rooms[i] {
			record.write(w, i)
		}
	}
	return w.Flush()
}

func (p *person) write(w io.Writer) {
	fmt.Fprintf(w, "\nguest %d in room %d said\n", p.number, p.room)
	for _, s := range p.said {
		fmt.Fprintf(w, "%9.3f %d: sent %d times, refused %d times, ", s.at.Sub(p.begun).Seconds(), s.seq, s.tries, s.refused)
		if s.acked.IsZero() {
			fmt.Fprintln(w, "not acked")
		} else {
			fmt.Fprintf(w, "acked as %v after %v\n", s.id, s.acked.Sub(s.at))
		}
	}
	fmt.Fprintf(w, "\nguest %d saw\n", p.number)
	for _, s := range p.seen {
		switch s.what {
		case sawMessage:
			fmt.Fprintf(w, "%9.3f %v message %d of guest %d\n", s.at.Seconds(), s.id, s.seq, s.from)
		case sawGap:
			fmt.Fprintf(w, "%9.3f gap\n", s.at.Seconds())
		case sawLive:
			fmt.Fprintf(w, "%9.3f live at %v\n", s.at.Seconds(), s.id)
		case sawEnd:
			fmt.Fprintf(w, "%9.3f its socket ended\n", s.at.Seconds())
		case sawPage:
			fmt.Fprintf(w, "%9.3f a page up to %v\n", s.at.Seconds(), s.id)
		case sawTry:
			fmt.Fprintf(w, "%9.3f opens a socket since %v\n", s.at.Seconds(), s.id)
		}
	}
}

func (r *roomRecord) write(w io.Writer, number int) {
	fmt.Fprintf(w, "\nlog of room %d\n", number)
	for _, e := range r.entries {
		fmt.Fprintf(w, "%v message %d of guest %d\n", e.id, e.seq, e.from)
	}
	for _, e := range r.vanished {
		fmt.Fprintf(w, "%v message %d of guest %d: gone\n", e.id, e.seq, e.from)
	}
}
