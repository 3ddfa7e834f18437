package main

import (
	"context"
	"net/url"
)

var mute = command{
	name: "mute", args: "ROOM ID TIME",
	help: "mutes the author of a message for a time such as 1h",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		return s.post(ctx, "mute", url.Values{"room": {args[0]}, "id": {args[1]}, "for": {args[2]}})
	},
}
