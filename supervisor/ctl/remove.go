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
