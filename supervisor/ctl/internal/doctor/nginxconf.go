package doctor

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// nginxConf is a configuration as `nginx -T` prints it. nginx itself has tested it, so a small
// parser of our own is enough: the libraries for it read files from the disk and check
// directives against lists of their own, which lack those of other modules.
type nginxConf struct {
	texts   map[string]string // of all files, by name
	file    string            // the main file
	main    *directive
	servers []*server
}

// directive is a line, or a block with directives of its own.
type directive struct {
	parent *directive // the block around it
	name   string
	args   []string
	inner  []*directive
}

// title returns the directive as the file has it, without its block.
func (d *directive) title() string { return strings.Join(append([]string{d.name}, d.args...), " ") }

// own returns the directives with this name in the block itself.
func (d *directive) own(name string) (found []*directive) {
	for _, inner := range d.inner {
		if inner.name == name {
			found = append(found, inner)
		}
	}
	return found
}

// effective returns the directives with this name that hold in the block: its own, or those of
// the next block around that has any.
func (d *directive) effective(name string) (found []*directive) {
	for ; d != nil && len(found) == 0; d = d.parent {
		found = d.own(name)
	}
	return found
}

// all returns the directive and those in it, on all levels.
func (d *directive) all() []*directive {
	found := []*directive{d}
	for _, inner := range d.inner {
		found = append(found, inner.all()...)
	}
	return found
}

// value returns the argument of the first directive, "" if it has not exactly one.
func value(found []*directive) string {
	if len(found) == 0 || len(found[0].args) != 1 {
		return ""
	}
	return found[0].args[0]
}

const fileMark = "# configuration file "

// parseNginx reads what `nginx -T` prints. dir is where the sockets of the services are.
func parseNginx(dump, dir string) (*nginxConf, error) {
	c := &nginxConf{texts: map[string]string{}, main: &directive{name: "main"}}
	for part := range strings.SplitSeq("\n"+dump, "\n"+fileMark) {
		name, text, ok := strings.Cut(part, ":\n")
		if !ok {
			continue // before the first file
		}
		if c.file == "" {
			c.file = name
		}
		c.texts[name] = text
	}
	if c.file == "" {
		return nil, errors.New("nginx -T names no file")
	}
	if err := c.parse(c.file, c.main, 0); err != nil {
		return nil, err
	}
	c.findServers(dir)
	return c, nil
}

// maxDepth bounds files that include each other, which nginx refuses, too.
const maxDepth = 20

// parse adds the directives of a file, and of those that it includes, to a block.
func (c *nginxConf) parse(name string, into *directive, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: too many files include each other", name)
	}
	at := into
	var words []string
	for _, t := range tokenize(c.texts[name]) {
		switch {
		case t == ";" && len(words) == 2 && words[0] == "include":
			if err := c.include(words[1], at, depth); err != nil {
				return err
			}
			words = nil
		case (t == ";" || t == "{") && len(words) > 0:
			d := &directive{parent: at, name: words[0], args: words[1:]}
			at.inner = append(at.inner, d)
			if t == "{" {
				at = d
			}
			words = nil
		case t == "}" && at.parent != nil:
			at, words = at.parent, nil
		default:
			words = append(words, unquote(t))
		}
	}
	if at != into {
		return fmt.Errorf("%s: a block does not end", name)
	}
	return nil
}

func (c *nginxConf) include(pattern string, into *directive, depth int) error {
	if !path.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(c.file), pattern)
	}
	for _, name := range c.files() {
		if ok, _ := path.Match(pattern, name); !ok {
			continue
		}
		if err := c.parse(name, into, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// files returns the names of all files, sorted.
func (c *nginxConf) files() []string { return slices.Sorted(maps.Keys(c.texts)) }

// token follows ngx_conf_read_token. It matches a comment, a sign, a word in quotes, or another
// word, which ends at a space, at ; and at {, but not inside ${name}. A quote counts at the
// beginning of a word only, and a backslash keeps the next character.
var token = regexp.MustCompile(`(?s)#[^\n]*|[{};]|"(?:\\.|[^"])*"?|'(?:\\.|[^'])*'?|(?:\\.?|\$\{[^}]*\}?|[^ \t\r\n;{\\])+`)

// tokenize returns the signs and words of a text. Words are in quotes as in the text.
func tokenize(text string) []string {
	return slices.DeleteFunc(token.FindAllString(text, -1), func(t string) bool { return t[0] == '#' })
}

var escaped = regexp.MustCompile(`\\(["'\\])`)

// unquote returns a word without its quotes.
func unquote(word string) string {
	quote := word[:1]
	if quote != `"` && quote != `'` {
		return word
	}
	return escaped.ReplaceAllString(strings.TrimSuffix(word[1:], quote), "$1")
}
