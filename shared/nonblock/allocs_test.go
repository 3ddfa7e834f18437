//go:build !race

package nonblock_test

import (
	"errors"
	"testing"
)

// The race detector's pools forget, so it is not asked.
func TestConn_DoesNotAllocate(t *testing.T) {
	near, far := ends(t, "unix")
	p, q := []byte("ping"), make([]byte, 4)
	if n := testing.AllocsPerRun(100, func() {
		_, err1 := far.Write(p)
		_, err2 := near.Read(q)
		_, err3 := near.Write(p)
		_, err4 := far.Read(q)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
	}); n >= 1 {
		t.Errorf("%v allocations for a read and a write", n)
	}
}
