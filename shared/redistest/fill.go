package redistest

import (
	"strconv"
	"strings"
)

// ballastBytes are so many that what the test itself stores changes the share little.
const ballastBytes = 32 << 20

// Fill makes this share of maxmemory used, by changing maxmemory.
func (s *Server) Fill(share float64) {
	s.t.Helper()
	s.Do("CONFIG", "SET", "maxmemory", "0")
	s.Do("SETRANGE", "ballast", ballastBytes, "x")
	for line := range strings.Lines(s.Do("INFO", "memory")) {
		if number, ok := strings.CutPrefix(strings.TrimSpace(line), "used_memory:"); ok {
			used, err := strconv.ParseFloat(number, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			s.Do("CONFIG", "SET", "maxmemory", int64(used/share))
			return
		}
	}
	s.t.Fatal("INFO has no used_memory")
}
