// Package unixhttp sends HTTP requests to servers that listen on unix sockets.
package unixhttp

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// answerLimit ends a request whose context has no earlier end.
	answerLimit = time.Minute
	// maxAnswer bounds the bytes of an answer that are read.
	maxAnswer = 16 << 20
)

// StatusError says that an answer has another status than 200.
type StatusError struct {
	Path   string
	Status int
}

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answers with status %d", e.Path, e.Status)
}

// Get requests a path and returns the body of the answer, also beside a StatusError.
func Get(ctx context.Context, socket, path string) (string, error) {
	return send(ctx, socket, http.MethodGet, path, "", "")
}

// Post sends a body and returns the body of the answer, also beside a StatusError.
func Post(ctx context.Context, socket, path, contentType, body string) (string, error) {
	return send(ctx, socket, http.MethodPost, path, contentType, body)
}

func send(ctx context.Context, socket, method, path, contentType, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://socket"+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := http.Client{Timeout: answerLimit, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = &StatusError{path, resp.StatusCode}
	}
	return string(answer), err
}
