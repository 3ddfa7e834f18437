package harden

import (
	"fmt"
	"slices"
	"strings"
)

// Allow returns nil if the rules that are in force on this process allow everything that
// next allows, and otherwise an error that names the first thing that they forbid. A process
// without rules may do everything.
func Allow(next Rules) error {
	r, ok := inForce()
	if !ok {
		return nil
	}
	if missing := r.lacks(next); missing != "" {
		return fmt.Errorf("%s is forbidden since this process started: restart it instead of a reload", missing)
	}
	return nil
}

// lacks says what next allows and r forbids, "" for nothing.
func (r Rules) lacks(next Rules) string {
	for _, of := range []struct {
		to         string
		have, want []string
	}{
		{"to read", slices.Concat(r.Read, r.Execute), next.Read},
		{"to execute files in", r.Execute, next.Execute},
		{"to make sockets in", r.Make, next.Make},
		{"to connect to sockets in", slices.Concat(r.Connect, r.Make), next.Connect},
	} {
		for _, path := range of.want {
			if !slices.ContainsFunc(of.have, func(dir string) bool { return within(path, dir) }) {
				return of.to + " " + path
			}
		}
	}
	for _, port := range next.Bind {
		if !slices.Contains(r.Bind, port) {
			return fmt.Sprintf("to listen on port %d", port)
		}
	}
	for _, port := range next.Ports {
		if !r.AnyPort && !slices.Contains(r.Ports, port) {
			return fmt.Sprintf("to connect to port %d", port)
		}
	}
	switch {
	case next.AnyPort && !r.AnyPort:
		return "to connect to every port"
	case next.Lookup && !r.Lookup:
		return "to ask a name server"
	}
	return ""
}

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}
