package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// images are the processes of a site: each signal begins another image.
type images struct {
	mu      sync.Mutex
	image   map[string]string // by process
	unready map[string]int    // how many questions the next image answers with 503
	signals []string
}

func (i *images) handler(process string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		switch {
		case r.URL.Path == "/version":
			w.Write([]byte(i.image[process] + "\n"))
		case i.unready[process] > 0:
			i.unready[process]--
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

func TestReload_WaitsForEachProcess(t *testing.T) {
	dir := socketDir(t)
	site := &images{image: map[string]string{}, unready: map[string]int{"httpd:httpd_1": 2}}
	want := []string{"httpd:httpd_0", "httpd:httpd_1", "wsd:wsd_0"}
	for _, process := range want {
		_, name, _ := strings.Cut(process, ":")
		site.image[process] = "1"
		serve(t, dir, strings.Replace(name, "_", "-", 1), site.handler(process))
	}
	refuse := ""
	replaceSupervisorctl(t, func(_ context.Context, args ...string) (string, error) {
		site.mu.Lock()
		defer site.mu.Unlock()
		process := args[len(args)-1]
		if process == refuse || !slices.Equal(args, []string{"signal", "HUP", process}) {
			return "", errors.New("no such process")
		}
		for _, before := range site.signals {
			if site.unready[before] > 0 {
				t.Errorf("%s is signalled before %s is ready", process, before)
			}
		}
		site.signals = append(site.signals, process)
		site.image[process] += "+"
		return "", nil
	})
	code, stdout, stderr := chatterctl(t, "--dir", dir, "reload")
	if code != exitDone || stdout != "httpd:httpd_0: 1+\nhttpd:httpd_1: 1+\nwsd:wsd_0: 1+\n" || stderr != "" {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	if !slices.Equal(site.signals, want) {
		t.Errorf("signalled %q, want %q", site.signals, want)
	}

	// A stack of its own has a supervisord of its own.
	conf := filepath.Join(dir, "supervisord.conf")
	if err := os.WriteFile(conf, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	original := supervisorctl
	supervisorctl = func(ctx context.Context, args ...string) (string, error) {
		if len(args) < 2 || args[0] != "-c" || args[1] != conf {
			t.Errorf("supervisorctl %q, want -c %s", args, conf)
			return original(ctx, args...)
		}
		return original(ctx, args[2:]...)
	}
	if code, _, stderr := chatterctl(t, "--dir", dir, "reload"); code != exitDone {
		t.Errorf("%d %q", code, stderr)
	}
	supervisorctl = original
	os.Remove(conf)

	site.signals, refuse = nil, "httpd:httpd_1"
	code, _, stderr = chatterctl(t, "--dir", dir, "reload")
	if code != exitFailed || !strings.Contains(stderr, "no such process; the processes after it are as before") || len(site.signals) != 1 {
		t.Errorf("%d %q, signalled %q", code, stderr, site.signals)
	}
	code, _, stderr = chatterctl(t, "--dir", socketDir(t), "reload")
	if code != exitFailed || !strings.Contains(stderr, "start the services") {
		t.Errorf("%d %q", code, stderr)
	}
}

func TestReload_EndsWhenAProcessCannotStart(t *testing.T) {
	dir := socketDir(t)
	var ended atomic.Bool
	serve(t, dir, "wsd-0", func(w http.ResponseWriter, _ *http.Request) {
		if ended.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	replaceSupervisorctl(t, func(_ context.Context, args ...string) (string, error) {
		if args[0] == "signal" {
			ended.Store(true)
			return "", nil
		}
		return "wsd:wsd_0   BACKOFF   Exited too quickly\n", errors.New("exit status 3")
	})
	code, _, stderr := chatterctl(t, "--dir", dir, "reload")
	if code != exitFailed || !strings.Contains(stderr, "wsd:wsd_0 ends when supervisord starts it") {
		t.Errorf("%d %q", code, stderr)
	}
}

// A refusal of an earlier reload is no reason to end.
func TestReload_TellsWhyAProcessRefuses(t *testing.T) {
	dir := socketDir(t)
	var asked atomic.Int64
	serve(t, dir, "wsd-0", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/refusal":
		case asked.Add(1) < 3: // before the signal, and while the process checks
			fmt.Fprintln(w, "hour 1: unknown setting")
		default:
			fmt.Fprintln(w, "hour 2: no such file")
		}
	})
	replaceSupervisorctl(t, func(context.Context, ...string) (string, error) { return "", nil })
	code, _, stderr := chatterctl(t, "--dir", dir, "reload")
	if code != exitFailed || !strings.Contains(stderr, "wsd:wsd_0 refuses and goes on as before (hour 2: no such file)") {
		t.Errorf("%d %q", code, stderr)
	}
}

func replaceSupervisorctl(t *testing.T, with func(context.Context, ...string) (string, error)) {
	original := supervisorctl
	supervisorctl = with
	t.Cleanup(func() { supervisorctl = original })
}
