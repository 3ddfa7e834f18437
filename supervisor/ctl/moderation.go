package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

var (
	remove   = order("remove", "ROOM ID", "removes one message for everybody", "remove", "room", "id")
	empty    = order("empty", "ROOM", "removes everything that was said in a room so far", "empty", "room")
	mute     = order("mute", "ROOM ID TIME", "mutes the author of a message for a time such as 1h", "mute", "room", "id", "for")
	hide     = order("hide", "NAME", "keeps a guest's name out of the list of guests for a day", "hide", "name")
	hideRoom = order("hide-room", "ROOM", "keeps a room's name out of the list of rooms for a day", "hide", "room")
	lift     = order("lift", "ORDER", "ends an order before its time", "lift", "order")
)

// order returns a command that sends each of its arguments as a field of a form, and prints the
// sentence that httpd answers with.
func order(name, args, help, path string, fields ...string) command {
	return command{name: name, args: args, help: help, run: func(ctx context.Context, s *site, args []string) (string, error) {
		form := url.Values{}
		for i, field := range fields {
			form.Set(field, args[i])
		}
		var answer struct{ Done string }
		err := s.ask(ctx, path, form, &answer)
		return answer.Done, err
	}}
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
		if err := s.ask(ctx, "orders", nil, &answer); err != nil {
			return "", err
		}
		if len(answer.Orders) == 0 {
			return "No order is in force.", nil
		}
		var b strings.Builder
		w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
		fmt.Fprint(w, "ORDER\tKIND\tUNTIL")
		for _, o := range answer.Orders {
			fmt.Fprintf(w, "\n%s\t%s\t%s", o.Handle, o.Kind, o.Until.Local().Format("2006-01-02 15:04"))
		}
		w.Flush()
		return b.String(), nil
	},
}

var moderator = command{
	name: "moderator",
	help: "makes a link with which one browser moderates for 12 hours",
	run: func(ctx context.Context, s *site, _ []string) (string, error) {
		var link struct{ URL string }
		if err := s.ask(ctx, "moderator", url.Values{}, &link); err != nil {
			return "", err
		}
		text := link.URL + "\n\nOpen it within 15 minutes in the browser that is to moderate. It works once."
		if strings.HasPrefix(link.URL, "/") {
			text += "\nThe address of the site comes before it. To have it printed, set --public-url."
		}
		return text, nil
	},
}

var reports = command{
	name: "reports",
	help: "lists the messages that guests have reported",
	run: func(ctx context.Context, s *site, _ []string) (string, error) {
		var answer struct {
			Reports []struct {
				Room, ID, Text   string
				Reports, Classes int
			}
		}
		if err := s.ask(ctx, "reports", nil, &answer); err != nil {
			return "", err
		}
		if len(answer.Reports) == 0 {
			return "Nothing is reported.", nil
		}
		var lines []string
		for _, r := range answer.Reports {
			lines = append(lines, fmt.Sprintf("%q %s  reports: %d, address classes: at least %d", r.Room, r.ID, r.Reports, r.Classes))
			for text := range strings.SplitSeq(printable(r.Text), "\n") {
				lines = append(lines, "    "+text)
			}
		}
		return strings.Join(lines, "\n"), nil
	},
}

// printable replaces characters that a terminal may take for orders.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
