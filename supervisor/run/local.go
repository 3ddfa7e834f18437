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

// stopPatience is longer than the drain of a service.
const stopPatience = 12 * time.Second

// local builds and starts the services, and blocks until ctx ends and all processes have ended.
func local(ctx context.Context, c config, stderr io.Writer) error {
	logger := slog.New(slog.NewTextHandler(stderr, nil))

	// The port comes first, so that an error does not wait for the build.
	front, err := net.Listen("tcp", c.addr())
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("something else listens on %s; choose another port: PORT=9000 make run", c.addr())
	}
	if err != nil {
		return err
	}
	defer front.Close()

	// No other user can read this directory, which holds the sockets and the secret.
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

	// The services must have ended before Redis and the directory are removed.
	var keepers sync.WaitGroup
	defer keepers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, name := range services.Names {
		k := &keeper{Name: name, Logger: logger, Output: &lines{w: stderr, name: name}, Patience: stopPatience}
		k.Command = func(ctx context.Context) *exec.Cmd {
			cmd := exec.CommandContext(ctx, filepath.Join(c.Bin, name), "--listen", "unix:"+socket(dir, name))
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

// startRedis starts the embedded Redis on a free loopback port. Keys expire only by its clock.
func startRedis() (*miniredis.Miniredis, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start embedded redis: %w", err)
	}
	return m, nil
}

// serve serves HTTP until ctx ends, and calls announce when httpd answers.
func serve(ctx context.Context, l net.Listener, h http.Handler, announce func()) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	go func() {
		if stack.Poll(ctx, func() bool { return stack.Answers(ctx, "http://"+l.Addr().String()+"/") == nil }) {
			announce()
		}
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		// wsd closes the sockets with a code. Pages have a second to end.
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		srv.Shutdown(wait)
		return nil
	}
}
