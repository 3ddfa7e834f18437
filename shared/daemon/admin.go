package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"
)

// readyTimeout bounds one /readyz. Whoever asks does so every few seconds.
const readyTimeout = 2 * time.Second

// adminMux is what the operator sees. It is on a listener of its own because
// nothing here is for the public.
func (p *process) adminMux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", p.healthz)
	mux.HandleFunc("GET /readyz", p.readyz)
	if p.Metrics != nil {
		mux.Handle("GET /metrics", p.Metrics)
	}
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// healthz answers as long as the process can answer anything.
func (p *process) healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, "ok")
}

// readyz says whether to send guests here.
func (p *process) readyz(w http.ResponseWriter, r *http.Request) {
	if p.draining.Load() {
		answer(w, http.StatusServiceUnavailable, "draining")
		return
	}
	if p.Ready != nil {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := p.Ready(ctx); err != nil {
			answer(w, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	text := "ready"
	if p.Notes != nil {
		text = strings.Join(append([]string{text}, p.Notes()...), "\n")
	}
	answer(w, http.StatusOK, text)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
