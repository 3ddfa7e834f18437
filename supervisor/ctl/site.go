package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"time"

	"chatter/supervisor/ctl/internal/admin"
	"chatter/supervisor/run/unixhttp"
)

// orderTime bounds one request to one process, but for samples.
const orderTime = 20 * time.Second

// site is a running Chatter, found by its admin sockets.
type site struct {
	dir      string        // of the sockets
	stdout   io.Writer     // of a command that goes on
	patience time.Duration // how long a process may take for a sample
}

const defaultDir = "/run/chatter"

// find returns the processes of a service, or of both services for "". It is an error if there
// is none.
func (s *site) find(service string) (found []admin.Process, err error) {
	_, err = os.ReadDir(s.dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("no permission to read %s: run chatterctl as root", s.dir)
	case err != nil:
		return nil, fmt.Errorf("find the sockets: %w; name their directory with --dir", err)
	}
	for _, p := range admin.Find(s.dir) {
		if service == "" || p.Service == service {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("there is no socket %s*.admin.sock in %s: start the services, or name another directory with --dir", service, s.dir)
	}
	return found, nil
}

// ask sends a request to an httpd and reads the answer. It asks one process after the other
// until one can be reached. With a form, which may be empty, it gives an order.
func (s *site) ask(ctx context.Context, path string, form url.Values, answer any) error {
	processes, err := s.find("httpd")
	if err != nil {
		return err
	}
	for _, p := range processes {
		if err = askOne(ctx, p, "/moderation/"+path, form, answer); !errors.As(err, new(*net.OpError)) {
			return err
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("no permission to use the sockets in %s: run chatterctl as root", s.dir)
	}
	return fmt.Errorf("no httpd answers on its socket in %s; is it running? (%w)", s.dir, err)
}

func askOne(ctx context.Context, p admin.Process, path string, form url.Values, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, orderTime)
	defer cancel()
	var text string
	var err error
	if form == nil {
		text, err = p.Get(ctx, path)
	} else {
		text, err = unixhttp.Post(ctx, p.Socket, path, "application/x-www-form-urlencoded", form.Encode())
	}
	if status, ok := errors.AsType[*unixhttp.StatusError](err); ok {
		var refused struct{ Error string }
		if json.Unmarshal([]byte(text), &refused) == nil && refused.Error != "" {
			return errors.New(refused.Error)
		}
		return fmt.Errorf("httpd answered with status %d; is it of the same version as chatterctl?", status.Status)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), answer); err != nil {
		return fmt.Errorf("read the answer of httpd: %w", err)
	}
	return nil
}
