package main

import (
	"context"
	"net/http"
	"strings"
)

var moderator = command{
	name: "moderator",
	help: "makes a link with which one browser moderates for 12 hours",
	run: func(ctx context.Context, s *site, _ []string) (string, error) {
		var link struct{ URL string }
		if err := s.ask(ctx, http.MethodPost, "moderator", nil, &link); err != nil {
			return "", err
		}
		text := link.URL + "\n\nOpen it within 15 minutes in the browser that is to moderate. It works once."
		if strings.HasPrefix(link.URL, "/") {
			text += "\nThe address of the site comes before it. To have it printed, set --public-url."
		}
		return text, nil
	},
}
