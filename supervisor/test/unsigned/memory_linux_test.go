package unsigned_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"chatter/supervisor/run/stack"
)

// inService is the memory of both processes of a service, after collections, as a core dump
// would hold it. prefix is "httpd:" or "wsd:".
func inService(s *stack.Stack, prefix string) place {
	return place{"the memory of " + prefix, func(t *testing.T, word string) (in []string) {
		for _, process := range services {
			if !strings.HasPrefix(process, prefix) {
				continue
			}
			// The second collection frees what pools kept, the third overwrites it. The answer as
			// text has more than 4 KiB: net/http writes each answer through a buffer of 4 KiB, a
			// short answer leaves there what an earlier one wrote behind it, and this request may
			// get the buffer of a page.
			for range 3 {
				admin(t, s.Admin(process), "/debug/pprof/heap?gc=1&debug=1")
			}
			pid, err := s.Pid(t.Context(), process)
			if err != nil {
				t.Fatal(err)
			}
			in = append(in, inMemory(t, process, pid, word)...)
		}
		return in
	}}
}

// inMemory stops the process, reads all memory that it can write, and lets it go on.
func inMemory(t *testing.T, process string, pid int, word string) (in []string) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	read := 0
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if !strings.HasPrefix(mode, "rw") {
			continue
		}
		memory := make([]byte, to-from)
		n, err := mem.ReadAt(memory, int64(from))
		if err != nil && !errors.Is(err, syscall.EIO) && !errors.Is(err, io.EOF) {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		read += n
		for rest := memory[:n]; ; {
			i := bytes.Index(rest, []byte(word))
			if i < 0 {
				break
			}
			in = append(in, fmt.Sprintf("%s at %x: %q", process, from+uint64(n-len(rest)+i), rest[max(0, i-80):min(len(rest), i+len(word)+40)]))
			rest = rest[i+len(word):]
		}
	}
	if read < 1<<20 {
		t.Fatalf("%s: only %d bytes of memory were read", process, read)
	}
	return in
}
