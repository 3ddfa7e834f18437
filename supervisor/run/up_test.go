package main

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"chatter/supervisor/test/fixture"
)

func env(port string) func(string) string {
	return func(name string) string {
		if name == "PORT" {
			return port
		}
		return ""
	}
}

func TestUp_PortInUseSuggestsAnotherPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	var out strings.Builder
	err = run(t.Context(), []string{"up", "-dir", fixture.Dir(t)}, env(strconv.Itoa(port)), &out, io.Discard)
	if err == nil || !strings.Contains(err.Error(), strconv.Itoa(port)) || !strings.Contains(err.Error(), "PORT=") {
		t.Errorf("got %v", err)
	}
}

func TestUp_ReportsABadPort(t *testing.T) {
	for _, port := range []string{"http", "0", "-1", "65536", "8080 "} {
		if err := run(t.Context(), []string{"up", "-dir", t.TempDir()}, env(port), nil, io.Discard); err == nil || !strings.Contains(err.Error(), port) {
			t.Errorf("PORT=%q: %v", port, err)
		}
	}
}
