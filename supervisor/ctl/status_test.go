package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"chatter/supervisor/ctl/internal/admin"
	"chatter/supervisor/ctl/internal/terminal"
)

// hangLimit is how long a process of a test may take to answer.
const hangLimit = 2 * time.Minute

// serveMetrics has a process answer. Each reading of its metrics is the next of texts, then the
// last one again.
func serveMetrics(t *testing.T, dir, process, ready string, texts ...string) *atomic.Int64 {
	t.Helper()
	var asked atomic.Int64
	serve(t, dir, process, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/readyz":
			if !strings.HasPrefix(ready, "ready") {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			io.WriteString(w, ready+"\n")
		case "/metrics":
			io.WriteString(w, texts[min(int(asked.Add(1)), len(texts))-1])
		default:
			t.Errorf("%s is asked for", r.URL.Path)
		}
	})
	return &asked
}

const wsdMetrics = `# HELP chatter_guests Guests with an open socket.
# TYPE chatter_guests gauge
chatter_guests 1200
chatter_sockets 1300
chatter_rooms %d
chatter_stored_total %d
chatter_ack_seconds_bucket{le="0.001"} %d
chatter_ack_seconds_bucket{le="0.5"} %d
chatter_ack_seconds_bucket{le="+Inf"} %d
chatter_refusals_total{reason="class"} %d
chatter_refusals_total{reason="room"} 2
chatter_full_total{refused="new names"} 3
chatter_unavailable_total 4
chatter_redis_memory_share 0.34
chatter_redis_file_bytes 1.2e+08
chatter_redis_disk_free_bytes 1.82e+10
chatter_build_info{version="1.4.2"} 1
process_resident_memory_bytes 2.34e+08
process_start_time_seconds %d
`

func TestScreen_ShowsTotalsAndWhatIsWrong(t *testing.T) {
	dir := socketDir(t)
	began := time.Now().Add(-75*time.Hour - time.Minute).Unix()
	serveMetrics(t, dir, "wsd-0", "ready\nredis: save is \"3600 1\": dump.rdb keeps messages that are expired; set save \"\"",
		fmt.Sprintf(wsdMetrics, 57, 1000, 900, 1000, 1000, 5, began), fmt.Sprintf(wsdMetrics, 57, 1100, 997, 1100, 1100, 25, began))
	serveMetrics(t, dir, "wsd-1", "redis does not answer",
		fmt.Sprintf(wsdMetrics, 24, 0, 0, 0, 0, 0, began), fmt.Sprintf(wsdMetrics, 24, 100, 100, 100, 100, 0, began))
	serveMetrics(t, dir, "httpd-0", "ready", fmt.Sprintf("chatter_stored_total 7\nprocess_start_time_seconds %d\n", began))
	for name, text := range map[string]string{
		"httpd-1.admin.sock": "", // left by a process that was killed
		"chatter.conf":       "[fcgi-program:httpd]\nnumprocs=2\n\n[fcgi-program:wsd]\nnumprocs=3\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &site{dir: dir, patience: hangLimit}
	before, err := s.scrape(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.scrapeLater(t.Context(), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	for i := range after { // ten seconds apart
		after[i].At = before[i].At.Add(10 * time.Second)
	}
	got := screen(before, after)
	for _, want := range []string{
		"guests    at most 2,400, with 2,600 sockets\n",
		"rooms     57 to 81\n",
		"messages  20.0 a second, 1,207 in all\n",
		"acks      99 of 100 within 500ms; since the start 99 of 100 within 500ms\n",
		"refused   2.0 a second by limits, 29 in all;",
		"6 because Redis was", "8 because it was away",
		"Redis     34 % of maxmemory, a file of 120 MB, 18 GB free on the disk\n",
		"wsd-0     234 MB   3 d 3 h   1.4.2     ready\n",
		"httpd-1   -        -         -         does not answer\n",
		"! httpd-1 does not answer: is it running?\n",
		"! wsd-1 is not ready: redis does not answer\n",
		"! wsd-2 does not answer: it has no socket; is it started?",
		"! redis: save is \"3600 1\"",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for line := range strings.Lines(got) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > terminal.Width {
			t.Errorf("too wide: %q", line)
		}
	}
}

// One slow ack among few is not hidden, and a quiet site has no acks to time.
func TestSlowest_IsOfTheLatestAcks(t *testing.T) {
	bucket := func(bound string, n float64) map[string]float64 {
		return map[string]float64{`chatter_ack_seconds_bucket{le="` + bound + `"}`: n}
	}
	of := func(all ...map[string]float64) []sample {
		metrics := admin.Metrics{}
		for _, one := range all {
			maps.Copy(metrics, one)
		}
		return []sample{{process: "wsd-0", Sample: admin.Sample{Metrics: metrics}}}
	}
	start := of(bucket("0.001", 1000), bucket("2.5", 1000), bucket("+Inf", 1000))
	for _, c := range []struct {
		after []sample
		want  string
	}{
		{start, "none"},
		{of(bucket("0.001", 1010), bucket("2.5", 1010), bucket("+Inf", 1010)), "99 of 100 within 1ms"},
		{of(bucket("0.001", 1010), bucket("2.5", 1011), bucket("+Inf", 1011)), "99 of 100 within 2.5s"},
		{of(bucket("0.001", 1010), bucket("2.5", 1010), bucket("+Inf", 1011)), "more than 1 of 100 takes 10 s"},
		{of(bucket("0.001", 5), bucket("2.5", 5), bucket("+Inf", 5)), "99 of 100 within 1ms"}, // the process began anew
	} {
		if got := slowest(total(start, c.after).grown); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// screens is a writer that ends the watch after so many screens.
type screens struct {
	mu   sync.Mutex
	b    strings.Builder
	left int
	end  context.CancelFunc
}

func (s *screens) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Write(p)
	if strings.Contains(string(p), "PROCESS") {
		if s.left--; s.left == 0 {
			s.end()
		}
	}
	return len(p), nil
}

func TestWatch_DrawsUntilItIsInterrupted(t *testing.T) {
	dir := socketDir(t)
	serveMetrics(t, dir, "wsd-0", "ready", "chatter_guests 1\n", "chatter_guests 2\n", "chatter_guests 3\n", "chatter_guests 4\n")
	ctx, stop := context.WithTimeout(t.Context(), hangLimit)
	defer stop()
	out := &screens{left: 3, end: stop}
	s := &site{dir: dir, stdout: out, patience: hangLimit}
	if err := s.watch(ctx, time.Millisecond); err != nil || out.left != 0 {
		t.Errorf("%v, %d screens are missing", err, out.left)
	}
	got := out.b.String()
	if strings.Count(got, "guests    at most") != 3 || !strings.Contains(got, "guests    at most 4,") || strings.Contains(got, "\x1b") {
		t.Errorf("the screens are\n%q", got)
	}
}

func TestStatus_NamesAProcessThatHangs(t *testing.T) {
	dir := socketDir(t)
	ln, err := net.Listen("unix", filepath.Join(dir, "wsd-0.admin.sock")) // nothing accepts
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got, err := (&site{dir: dir, patience: 50 * time.Millisecond}).scrape(t.Context())
	if err != nil || len(got) != 1 || got[0].process != "wsd-0" || !strings.Contains(got[0].silent, "it hangs") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestStatus_WithoutAnyProcessFails(t *testing.T) {
	empty, dead := socketDir(t), socketDir(t)
	if err := os.WriteFile(filepath.Join(dead, "wsd-0.admin.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dir, says string }{{empty, "no socket *.admin.sock"}, {dead, "wsd-0"}, {empty + "/none", "--dir"}} {
		code, stdout, stderr := chatterctl(t, "--dir", c.dir, "status")
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: %d %q %q", c.says, code, stdout, stderr)
		}
	}
	if code, _, stderr := chatterctl(t, "status", "--watchful"); code != exitUsage || !strings.Contains(stderr, "[--watch]") {
		t.Errorf("%d %q", code, stderr)
	}
}
