package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"

	"chatter/supervisor/run/services"
	"chatter/supervisor/run/stack"
)

// stopPatience is more than a service takes to drain.
const stopPatience = 12 * time.Second

// local builds and starts everything and blocks until ctx ends and all of it has stopped.
func local(ctx context.Context, c config, stderr io.Writer) error {
	logger := slog.New(slog.NewTextHandler(stderr, nil))

	// The port first: nobody wants to wait for a build to learn that it is taken.
	front, err := net.Listen("tcp", c.addr())
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("something else listens on %s; choose another port: PORT=9000 make run", c.addr())
	}
	if err != nil {
		return err
	}
	defer front.Close()

	// Sockets and secret lie where no other user can look.
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	secret := filepath.Join(dir, "secret")
	if err := services.EnsureSecret(secret); err != nil {
		return err
	}
	if c.Bin == "" {
		fmt.Fprintln(stderr, "Building httpd and wsd…")
		c.Bin = filepath.Join(dir, "bin")
		err := services.Build(ctx, c.Bin)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
	redis, embedded, kept := c.Redis, c.Redis == "", "What is said stays in your Redis."
	if embedded {
		m, err := startRedis()
		if err != nil {
			return err
		}
		defer m.Close()
		redis, kept = "redis://"+m.Addr(), "Nothing is kept when it stops: its Redis lives inside this command."
	}

	// The keepers stop with ctx; what they keep must have ended before the rest goes.
	var keepers sync.WaitGroup
	defer keepers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, name := range services.Names {
		k := &keeper{Name: name, Logger: logger, Output: newLines(stderr, name), Patience: stopPatience}
		k.Command = func() *exec.Cmd {
			cmd := exec.Command(filepath.Join(c.Bin, name), "--listen", "unix:"+socket(dir, name))
			cmd.Env = append(os.Environ(), "CHATTER_REDIS="+redis, "CHATTER_REDIS_EMBEDDED="+strconv.FormatBool(embedded), "CHATTER_SECRET_FILE="+secret, "CHATTER_PRESENCE_EVERY="+c.PresenceEvery, "CHATTER_ALLOW_ROOT=true")
			return cmd
		}
		keepers.Go(func() { k.run(ctx) })
	}
	return serve(ctx, front, newProxy(socket(dir, "httpd"), socket(dir, "wsd")), func() {
		fmt.Fprintf(stderr, "Chatter is at http://%s/ (Ctrl-C stops it). %s\nThe lists of guests and rooms change every %s, elsewhere every 5 minutes (--presence-every).\n", front.Addr(), kept, c.PresenceEvery)
	})
}

func socket(dir, service string) string { return filepath.Join(dir, service+".sock") }

// startRedis starts the embedded Redis on a free port of the loopback. Without its
// clock nothing would ever expire.
func startRedis() (*miniredis.Miniredis, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start embedded redis: %w", err)
	}
	return m, nil
}

// serve serves the front until ctx ends, and calls announce once httpd answers.
func serve(ctx context.Context, l net.Listener, h http.Handler, announce func()) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	go func() {
		if awaitAnswer(ctx, "http://"+l.Addr().String()+"/") {
			announce()
		}
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		// Sockets end with wsd, which says why; pages get a moment.
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		srv.Shutdown(wait)
		return nil
	}
}

// awaitAnswer waits until the address answers with something else than the waiting
// page; it returns false when ctx ends first.
func awaitAnswer(ctx context.Context, url string) bool {
	return stack.Poll(ctx, func() bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode != http.StatusBadGateway
	})
}
