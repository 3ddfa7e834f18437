//go:build !linux

package socket

import "errors"

// poller watches nothing here: each socket keeps the goroutine that reads it.
type poller struct{}

func newPoller() (*poller, error) { return new(poller), nil }

func (*poller) close()            {}
func (*poller) watch(*conn) error { return errors.ErrUnsupported }
func (*poller) unwatch(*conn)     {}
func (*poller) forget(*conn)      {}
