//go:build linux

// Package floor holds servers that do nothing but the system calls of a delivery, a socket,
// a handshake or a page. They have no names, sessions, logs or order. The benchmark divides
// Chatter's figures by theirs.
package floor

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// listener is the descriptor of the listening socket that a floor inherits.
const listener = 3

// Serve serves rooms in which one write carries so many messages, or without a number pages
// that may ask a Redis.
func Serve(batch, redisURL string) error {
	if n, err := strconv.Atoi(batch); err == nil {
		return NewRooms(n).Serve(context.Background(), listener)
	}
	return servePages(redisURL)
}

// TextBytes is the length of a message.
const TextBytes = 100

// NewRooms returns rooms whose frames are as long as those of real messages.
func NewRooms(batch int) *Rooms {
	message := wire.AppendMessage(nil, wire.ID{Ms: 1_700_000_000_000}, strings.Repeat("x", TextBytes))
	frame := append([]byte{0x81, 126, byte(len(message) >> 8), byte(len(message))}, message...)
	live := wire.AppendLive(nil, wire.ID{})
	answer := append([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81"), byte(len(live)))
	return &Rooms{Answer: append(answer, live...), Frames: bytes.Repeat(frame, batch)}
}

// servePages answers GET /N with N bytes, through the router that httpd uses. For
// GET /N?ask=1 it asks Redis first.
func servePages(redisURL string) error {
	l, err := net.FileListener(os.NewFile(listener, "listener"))
	if err != nil {
		return err
	}
	redis, err := redisconn.Open(redisURL)
	if err != nil {
		return err
	}
	body := make([]byte, 1<<20)
	e := echo.New()
	e.GET("/:size", func(c echo.Context) error {
		size, err := strconv.Atoi(c.Param("size"))
		if err == nil && c.QueryParam("ask") != "" {
			err = redis.Universal().Exists(c.Request().Context(), "floor").Err()
		}
		if err != nil {
			return err
		}
		return c.HTMLBlob(http.StatusOK, body[:size])
	})
	runtime.GOMAXPROCS(1) // as httpd
	server := &http.Server{Handler: e, ReadHeaderTimeout: time.Minute}
	return server.Serve(l)
}
