package main

import (
	"context"
	"net/url"
)

var remove = command{
	name: "remove", args: "ROOM ID",
	help: "removes one message for everybody",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		return s.post(ctx, "remove", url.Values{"room": {args[0]}, "id": {args[1]}})
	},
}

var empty = command{
	name: "empty", args: "ROOM",
	help: "removes everything that was said in a room so far",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		return s.post(ctx, "empty", url.Values{"room": {args[0]}})
	},
}
