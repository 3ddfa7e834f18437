package main

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

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
		if err := s.get(ctx, "reports", &answer); err != nil {
			return "", err
		}
		if len(answer.Reports) == 0 {
			return "Nothing is reported.", nil
		}
		var b strings.Builder
		for _, r := range answer.Reports {
			fmt.Fprintf(&b, "%q %s  reports: %d, address classes: at least %d\n", r.Room, r.ID, r.Reports, r.Classes)
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(printable(r.Text), "\n", "\n    "))
		}
		return strings.TrimSuffix(b.String(), "\n"), nil
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
