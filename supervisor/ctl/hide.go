package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

var hide = command{
	name: "hide", args: "NAME",
	help: "keeps a guest's name out of the list of guests for a day",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		return s.post(ctx, "hide", url.Values{"name": {args[0]}})
	},
}

var hideRoom = command{
	name: "hide-room", args: "ROOM",
	help: "keeps a room's name out of the list of rooms for a day",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		return s.post(ctx, "hide", url.Values{"room": {args[0]}})
	},
}

var orders = command{
	name: "orders",
	help: "lists the orders that are in force",
	run: func(ctx context.Context, s *site, _ []string) (string, error) {
		var answer struct {
			Orders []struct {
				Handle, Kind string
				Until        time.Time
			}
		}
		if err := s.get(ctx, "orders", &answer); err != nil {
			return "", err
		}
		if len(answer.Orders) == 0 {
			return "No order is in force.", nil
		}
		var b strings.Builder
		w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
		fmt.Fprintln(w, "ORDER\tKIND\tUNTIL")
		for _, o := range answer.Orders {
			fmt.Fprintf(w, "%s\t%s\t%s\n", o.Handle, o.Kind, o.Until.Local().Format("2006-01-02 15:04"))
		}
		w.Flush()
		return strings.TrimSuffix(b.String(), "\n"), nil
	},
}

var lift = command{
	name: "lift", args: "ORDER",
	help: "ends an order before its time",
	run: func(ctx context.Context, s *site, args []string) (string, error) {
		return s.post(ctx, "lift", url.Values{"order": {args[0]}})
	},
}
