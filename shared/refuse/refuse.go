// Package refuse reads the names that a site never admits, for guests and for rooms alike.
package refuse

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"chatter/shared/name"
)

// Error says that a name is refused.
const Error = refused("this name is refused here")

type refused string

func (r refused) Error() string { return string(r) }

// Names are names and patterns. A nil *Names refuses nothing.
type Names struct {
	keys     map[string]bool
	patterns []*regexp.Regexp
}

// Load reads a file, see Parse. An error names the file and the line.
func Load(path string) (*Names, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	return n, nil
}

// Parse reads a name a line, of which every spelling is refused, or a regular expression
// between slashes, which refuses the names that it matches somewhere. Empty lines and lines
// that begin with # are skipped.
func Parse(r io.Reader) (*Names, error) {
	n := &Names{keys: make(map[string]bool)}
	lines := bufio.NewScanner(r)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := n.add(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return n, nil
}

func (n *Names) add(line string) error {
	if line[0] == '/' {
		if len(line) < 3 || !strings.HasSuffix(line, "/") {
			return fmt.Errorf("want a regular expression between slashes, such as /^admin/, got %q", line)
		}
		pattern, err := regexp.Compile(line[1 : len(line)-1])
		if err != nil {
			return err
		}
		n.patterns = append(n.patterns, pattern)
		return nil
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
	if n.keys[key] {
		return true
	}
	for _, p := range n.patterns {
		if p.MatchString(spelling) || p.MatchString(key) {
			return true
		}
	}
	return false
}
