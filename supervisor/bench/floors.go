package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"

	"chatter/shared/redisconn"
	"chatter/shared/wire"
	"chatter/supervisor/bench/floor"
)

// floorCommand has this program be a floor: "floor rooms FRAMES", "floor pages BYTES" or
// "floor asking BYTES REDIS", on the listening socket that it got as descriptor 3.
const floorCommand = "floor"

func serveFloor(args []string) error {
	if len(args) != 2 && (len(args) != 3 || args[0] != "asking") {
		return fmt.Errorf("floor: want a kind and a number, got %q", args)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return fmt.Errorf("floor: want a number above zero, got %q", args[1])
	}
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	switch args[0] {
	case "rooms":
		return newRooms(n).Serve(l.(*net.TCPListener))
	case "pages":
		runtime.GOMAXPROCS(1) // as httpd
		return floor.Pages(l, bytes.Repeat([]byte("x"), n), nil)
	case "asking":
		runtime.GOMAXPROCS(1)
		client, err := redisconn.Open(args[2])
		if err != nil {
			return err
		}
		defer client.Close()
		ask := func(ctx context.Context) error { return client.Universal().Exists(ctx, "floor").Err() }
		return floor.Pages(l, bytes.Repeat([]byte("x"), n), ask)
	}
	return fmt.Errorf("floor: no kind %q", args[0])
}

// newRooms is the floor of deliveries, so many frames a write.
func newRooms(frames int) *floor.Rooms {
	return &floor.Rooms{Frames: bytes.Repeat(floorFrame(), frames)}
}

// floorFrame is a message as a floor sends it: as long as a real one.
var floorFrame = sync.OnceValue(func() []byte {
	text, err := wire.ParseText("00000000 " + string(filler[:textBytes-9]))
	if err != nil {
		panic(err) // the text is fixed
	}
	payload := wire.AppendMessage(nil, wire.ID{Ms: 1_700_000_000_000}, text.String())
	return append([]byte{0x81, 126, byte(len(payload) >> 8), byte(len(payload))}, payload...)
})
