package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writeTranscripts writes the findings, the faults, the histories of the clients that are
// concerned, and the logs of their rooms. It returns the path of the file.
func (t *trial) writeTranscripts() (path string, err error) {
	path = filepath.Join(t.config.Transcripts, fmt.Sprintf("chatter-chaos-%d-%d.txt", t.config.Seed, os.Getpid()))
	f, err := os.Create(path)
	if err != nil {
		return path, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	_ = t.print(w)
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
			fmt.Fprintf(w, "\nlog of room %d\n", i)
			for _, e := range record.entries {
				fmt.Fprintf(w, "%v message %d of client %d\n", e.id, e.seq, e.from)
			}
			for _, e := range record.vanished {
				fmt.Fprintf(w, "%v message %d of client %d: gone\n", e.id, e.seq, e.from)
			}
		}
	}
	return path, w.Flush()
}

func (c *client) write(w io.Writer) {
	fmt.Fprintf(w, "\nclient %d in room %d\n", c.number, c.room)
	for _, m := range c.said {
		acked := "not acked"
		if !m.acked.IsZero() {
			acked = fmt.Sprintf("acked as %v after %v", m.id, m.acked.Sub(m.at))
		}
		fmt.Fprintf(w, "%9.3f %d: sent %d times, refused %d times, %s\n", m.at.Sub(c.begun).Seconds(), m.seq, m.tries, m.refused, acked)
	}
	for _, e := range c.events {
		fmt.Fprintf(w, "%9.3f %s %v", e.at.Seconds(), e.what, e.id)
		if e.what == sawMessage {
			fmt.Fprintf(w, ", message %d of client %d", e.seq, e.from)
		}
		fmt.Fprintln(w)
	}
}
