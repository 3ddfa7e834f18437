package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"testing"
)

func TestErrorText_HidesAddresses(t *testing.T) {
	server := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 6379}
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: server, Err: errors.New("connection refused")}
	for _, test := range []struct {
		err  error
		want string
	}{
		{refused, "dial: connection refused"},
		{fmt.Errorf("redis unavailable: %w", refused), "dial: connection refused"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("lookup redis on 192.0.2.1:53: no such host")}, "dial: lookup redis on ADDRESS no such host"},
		{errors.New("read 192.0.2.7:80: reset"), "read ADDRESS reset"},
		{errors.New("LOADING"), "LOADING"},
	} {
		if got := ErrorText(test.err); got != test.want {
			t.Errorf("%v became %q, want %q", test.err, got, test.want)
		}
	}
}

func TestServerLog_HidesAddresses(t *testing.T) {
	for _, test := range []struct{ line, want, level string }{
		{"http: TLS handshake error from 192.0.2.7:53211: EOF", "http: TLS handshake error from ADDRESS EOF", "DEBUG"},
		{"http: TLS handshake error from [2001:db8::7]:53211: EOF", "http: TLS handshake error from ADDRESS EOF", "DEBUG"},
		{"from 2001:db8::7, say", "from ADDRESS say", "DEBUG"},
		{"from ::1: bad", "from ADDRESS bad", "DEBUG"},
		{"from (192.0.2.7)", "from ADDRESS", "DEBUG"},
		{"from [fe80::1%eth0]:80:", "from ADDRESS", "DEBUG"},
		{"read tcp 127.0.0.1:80->192.0.2.7:53211: reset", "read tcp ADDRESS reset", "DEBUG"},
		{"http: Accept error: accept tcp 127.0.0.1:80: accept4: too many open files; retrying in 5ms", "http: Accept error: accept tcp ADDRESS accept4: too many open files; retrying in 5ms", "WARN"},
		{"http: superfluous response.WriteHeader call from main.f (f.go:12)", "http: superfluous response.WriteHeader call from main.f (f.go:12)", "DEBUG"},
		{"first line\nsecond line", "first line", "DEBUG"},
	} {
		var out bytes.Buffer
		l := &serverLog{slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		if n, err := l.Write([]byte(test.line + "\n")); n != len(test.line)+1 || err != nil {
			t.Errorf("Write: %d, %v", n, err)
		}
		var got struct{ Level, Says string }
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Says != test.want || got.Level != test.level {
			t.Errorf("%q became %s %q, want %s %q", test.line, got.Level, got.Says, test.level, test.want)
		}
	}
}
