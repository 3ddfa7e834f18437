package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	_ "net/http/pprof" // adds /debug/pprof/ to http.DefaultServeMux
	"strings"
	"time"
)

// Version is the version of the release. The package's build sets it by -ldflags.
var Version = "development"

// begun is when this image began to run. A reload keeps the process but begins an image.
var begun = time.Now()

// ReadyTimeout bounds one /readyz, which is asked for every few seconds.
const ReadyTimeout = 2 * time.Second

// adminMux serves the operator. It is on a listener of its own because nothing here is
// for the public.
func (p *process) adminMux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", p.healthz)
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.HandleFunc("GET /settings", p.settings)
	mux.HandleFunc("GET /version", p.version)
	mux.HandleFunc("GET /refusal", p.refusal)
	if p.Metrics != nil {
		mux.Handle("GET /metrics", p.Metrics)
	}
	if p.Moderation != nil {
		mux.Handle("/moderation/", p.Moderation)
	}
	mux.Handle("/debug/pprof/", http.DefaultServeMux)
	return mux
}

// healthz reports that the process answers requests.
func (p *process) healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, "ok")
}

// readyz reports whether guests may be sent here.
func (p *process) readyz(w http.ResponseWriter, r *http.Request) {
	if p.draining.Load() {
		answer(w, http.StatusServiceUnavailable, "draining")
		return
	}
	if p.Ready != nil {
		ctx, cancel := context.WithTimeout(r.Context(), ReadyTimeout)
		defer cancel()
		if err := p.Ready(ctx); err != nil {
			answer(w, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	lines := []string{"ready"}
	if p.Warnings != nil {
		lines = append(lines, p.Warnings()...)
	}
	answer(w, http.StatusOK, strings.Join(lines, "\n"))
}

// settings tells with which settings the process runs.
func (p *process) settings(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(p.Settings) // a failure is the reader's
}

// version tells which image answers: no two images of a process have the same text.
func (p *process) version(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, fmt.Sprintf("%s, since %s", Version, begun.UTC().Format(time.RFC3339Nano)))
}

// refusal tells when and why this image has last refused a reload: no two refusals have the same
// text. 404 = it has refused none.
func (p *process) refusal(w http.ResponseWriter, r *http.Request) {
	if last := p.refused.Load(); last != nil {
		answer(w, http.StatusOK, *last)
		return
	}
	http.NotFound(w, r)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
