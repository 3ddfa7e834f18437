package daemon

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
)

// NewLogger returns a logger that writes lines of the format, "text" or "json".
func NewLogger(w io.Writer, format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil)), nil
	}
	return nil, fmt.Errorf("log format %q is neither text nor json", format)
}

// serverLog takes what an http.Server has to say: mostly that a client broke
// off, which is worth a line only to somebody who debugs. That connections
// cannot be accepted is worth a line to everybody.
type serverLog struct{ logger *slog.Logger }

func (l *serverLog) Write(line []byte) (int, error) {
	text, _, _ := strings.Cut(string(line), "\n")
	level := slog.LevelDebug
	if strings.HasPrefix(text, "http: Accept error") {
		level = slog.LevelWarn
	}
	l.logger.Log(context.Background(), level, "http server", "says", withoutAddresses(text))
	return len(line), nil
}

// withoutAddresses takes every IP address out of a line, with its port.
func withoutAddresses(line string) string {
	words := strings.Split(line, " ")
	for i, word := range words {
		// Not Trim: an address of the sixth version may begin with colons.
		bare := strings.TrimSuffix(strings.Trim(word, `;,."'()`), ":")
		if isAddress(bare) {
			words[i] = "ADDRESS"
		}
	}
	return strings.Join(words, " ")
}

func isAddress(s string) bool {
	if _, err := netip.ParseAddrPort(s); err == nil {
		return true
	}
	// "tcp 10.0.0.1:80->10.0.0.2:90" is how net.OpError shows both ends.
	if from, to, ok := strings.Cut(s, "->"); ok {
		return isAddress(from) || isAddress(to)
	}
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil
}
