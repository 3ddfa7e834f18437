package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// timeout bounds one request to one process.
	timeout = 20 * time.Second
	// maxAnswer bounds the answer.
	maxAnswer = 16 << 20
)

// site is a running Chatter, found by its admin sockets.
type site struct {
	dir    string    // of the sockets
	stdout io.Writer // of a command that goes on
}

const defaultDir = "/run/chatter"

// post sends an order to a process and returns the sentence that it answers with.
func (s *site) post(ctx context.Context, order string, form url.Values) (string, error) {
	var answer struct{ Done string }
	err := s.ask(ctx, http.MethodPost, order, form, &answer)
	return answer.Done, err
}

// get reads the answer of a process into answer.
func (s *site) get(ctx context.Context, path string, answer any) error {
	return s.ask(ctx, http.MethodGet, path, nil, answer)
}

// ask asks the processes one after the other until one can be reached.
func (s *site) ask(ctx context.Context, method, path string, form url.Values, answer any) error {
	sockets, err := s.sockets()
	if err != nil {
		return err
	}
	var failed error
	for _, socket := range sockets {
		if failed = askOne(ctx, socket, method, path, form, answer); !errors.As(failed, new(*net.OpError)) {
			return failed
		}
	}
	if errors.Is(failed, fs.ErrPermission) {
		return fmt.Errorf("no permission to use the sockets in %s: run chatterctl as root", s.dir)
	}
	return fmt.Errorf("no httpd answers on its socket in %s; is it running? (%w)", s.dir, failed)
}

// readable returns an error if the directory of the sockets cannot be read.
func (s *site) readable() error {
	if _, err := os.ReadDir(s.dir); errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("no permission to read %s: run chatterctl as root", s.dir)
	} else if err != nil {
		return fmt.Errorf("find the sockets: %w; name their directory with --dir", err)
	}
	return nil
}

// sockets returns the admin sockets of httpd.
func (s *site) sockets() ([]string, error) {
	if err := s.readable(); err != nil {
		return nil, err
	}
	sockets, err := filepath.Glob(filepath.Join(s.dir, "httpd-*.admin.sock"))
	if err != nil {
		return nil, fmt.Errorf("find the sockets: %w", err)
	}
	if len(sockets) == 0 {
		return nil, fmt.Errorf("there is no socket httpd-*.admin.sock in %s: start httpd, or name another directory with --dir", s.dir)
	}
	return sockets, nil
}

// over returns a client that sends its requests through a socket.
func over(socket string) *http.Client {
	return &http.Client{Timeout: timeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
}

func askOne(ctx context.Context, socket, method, path string, form url.Values, answer any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://admin/moderation/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := over(socket).Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of httpd: %w", err)
	}
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, answer); err != nil {
			return fmt.Errorf("read the answer of httpd: %w", err)
		}
		return nil
	}
	var refused struct{ Error string }
	if json.Unmarshal(body, &refused) != nil || refused.Error == "" {
		return fmt.Errorf("httpd answered with status %d; is it of the same version as chatterctl?", response.StatusCode)
	}
	return errors.New(refused.Error)
}
