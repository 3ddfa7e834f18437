// Package refuse reads the names that a site never admits, for guests and for rooms alike.
package refuse

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"chatter/shared/name"
)

// Error says that a name is refused.
var Error = errors.New("this name is refused here")

// Names are names and patterns. A nil *Names refuses nothing.
type Names struct {
	keys     map[string]bool
	patterns []*regexp.Regexp
}

// Load reads a file, see Parse. An error names the file and the line.
func Load(path string) (*Names, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	n, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	return n, nil
}

// Parse reads a name a line, of which every spelling is refused, or a regular expression
// between slashes, which refuses the names that it matches somewhere. Empty lines and lines
// that begin with # are skipped.
func Parse(text string) (*Names, error) {
	n := &Names{keys: make(map[string]bool)}
	for i, line := range strings.Split(text, "\n") {
		if err := n.add(strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return n, nil
}

func (n *Names) add(line string) error {
	switch {
	case line == "" || line[0] == '#':
		return nil
	case line[0] == '/':
		if len(line) < 3 || !strings.HasSuffix(line, "/") {
			return fmt.Errorf("want a regular expression between slashes, such as /^admin/, got %q", line)
		}
		pattern, err := regexp.Compile(line[1 : len(line)-1])
		n.patterns = append(n.patterns, pattern)
		return err
	}
	user, err := name.ParseUser(line)
	if err != nil {
		return fmt.Errorf("%q is no name: %w", line, err)
	}
	n.keys[user.Key()] = true
	return nil
}

// User reports whether a guest's name is refused.
func (n *Names) User(u name.User) bool { return n.has(u.String(), u.Key()) }

// Room reports whether a room's name is refused.
func (n *Names) Room(r name.Room) bool { return n.has(r.String(), r.Key()) }

// Key reports whether the name with this comparison key is refused.
func (n *Names) Key(key string) bool { return n.has(key, key) }

// has tries a pattern on the key, too: its letters are small in every spelling.
func (n *Names) has(spelling, key string) bool {
	if n == nil {
		return false
	}
	return n.keys[key] || slices.ContainsFunc(n.patterns, func(p *regexp.Regexp) bool {
		return p.MatchString(spelling) || p.MatchString(key)
	})
}
