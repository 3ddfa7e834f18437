package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// writeTranscripts writes the findings, the faults, the histories of the clients that are
// concerned, and the logs of their rooms.
func (t *trial) writeTranscripts(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	t.print(w)
	clients, rooms := map[int]bool{}, map[int]bool{}
	for _, x := range t.verdict.findings {
		fmt.Fprintf(w, "%s: client %d in room %d: %s\n", x.kind, x.client, x.room, x.what)
		clients[x.client], rooms[x.room] = true, true
	}
	fmt.Fprintln(w, "\nfaults")
	for _, f := range t.faults.faults {
		fmt.Fprintf(w, "%9.3f %s %s\n", f.at.Sub(t.begun).Seconds(), f.kind, f.note)
	}
	for _, c := range t.clients {
		if clients[c.number] {
			c.write(w)
		}
	}
	for i, record := range t.recorder.rooms {
		if rooms[i] {
			record.write(w, i)
		}
	}
	return w.Flush()
}

func (c *client) write(w io.Writer) {
	fmt.Fprintf(w, "\nmessages of client %d in room %d\n", c.number, c.room)
	for _, m := range c.said {
		fmt.Fprintf(w, "%9.3f %d: sent %d times, refused %d times, ", m.at.Sub(c.begun).Seconds(), m.seq, m.tries, m.refused)
		if m.acked.IsZero() {
			fmt.Fprintln(w, "not acked")
		} else {
			fmt.Fprintf(w, "acked as %v after %v\n", m.id, m.acked.Sub(m.at))
		}
	}
	fmt.Fprintf(w, "\nevents of client %d\n", c.number)
	for _, e := range c.events {
		fmt.Fprintf(w, "%9.3f %s %v", e.at.Seconds(), e.what, e.id)
		if e.what == sawMessage {
			fmt.Fprintf(w, ", message %d of client %d", e.seq, e.from)
		}
		fmt.Fprintln(w)
	}
}

func (r *roomRecord) write(w io.Writer, number int) {
	fmt.Fprintf(w, "\nlog of room %d\n", number)
	for _, e := range r.entries {
		fmt.Fprintf(w, "%v message %d of client %d\n", e.id, e.seq, e.from)
	}
	for _, e := range r.vanished {
		fmt.Fprintf(w, "%v message %d of client %d: gone\n", e.id, e.seq, e.from)
	}
}
