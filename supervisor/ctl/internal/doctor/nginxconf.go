package doctor

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// nginxConf is a configuration as `nginx -T` prints it. nginx itself has tested it, so a small
// tokenizer of our own is enough: the libraries for it read files from the disk and check
// directives against lists of their own, which lack those of other modules.
type nginxConf struct {
	main    *block
	file    string   // the main file
	files   []string // all
	servers []*server
}

// directive is a line, or a block with its arguments.
type directive struct {
	name  string
	args  []string
	block *block // nil for a line
}

// block is what stands between braces.
type block struct {
	parent     *block
	name       string // server, location and so on
	directives []*directive
}

// first returns the first directive with this name in the block itself, nil for none.
func (b *block) first(name string) *directive {
	for _, d := range b.directives {
		if d.name == name {
			return d
		}
	}
	return nil
}

// effective returns the directives with this name that hold in the block: its own, or those of
// the next block around that has any.
func (b *block) effective(name string) (all []*directive) {
	for ; b != nil && len(all) == 0; b = b.parent {
		for _, d := range b.directives {
			if d.name == name {
				all = append(all, d)
			}
		}
	}
	return all
}

// walk calls f for the block and all blocks in it.
func (b *block) walk(f func(*block)) {
	f(b)
	for _, d := range b.directives {
		if d.block != nil {
			d.block.walk(f)
		}
	}
}

const fileMark = "# configuration file "

// parseNginx reads what `nginx -T` prints. dir is where the sockets of the services are.
func parseNginx(dump, dir string) (*nginxConf, error) {
	texts := map[string]string{}
	c := &nginxConf{}
	for part := range strings.SplitSeq("\n"+dump, "\n"+fileMark) {
		name, text, ok := strings.Cut(part, ":\n")
		if !ok {
			continue // before the first file
		}
		texts[name] = text
		c.files = append(c.files, name)
	}
	if len(c.files) == 0 {
		return nil, errors.New("nginx -T names no file")
	}
	c.file = c.files[0]
	p := parser{texts: texts, base: filepath.Dir(c.file)}
	c.main = &block{name: "main"}
	if err := p.file(c.file, c.main, 0); err != nil {
		return nil, err
	}
	c.findServers(dir)
	return c, nil
}

// parser puts the files together.
type parser struct {
	texts map[string]string
	base  string // what names in include are relative to
}

// maxDepth bounds files that include each other, which nginx refuses, too.
const maxDepth = 20

func (p *parser) file(name string, into *block, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: too many files include each other", name)
	}
	tokens := tokenize(p.texts[name])
	at := into
	var words []string
	for _, t := range tokens {
		switch {
		case t.plain && t.text == ";" && len(words) > 0:
			if words[0] == "include" && len(words) == 2 {
				if err := p.include(words[1], at, depth); err != nil {
					return err
				}
			} else {
				at.directives = append(at.directives, &directive{name: words[0], args: words[1:]})
			}
			words = nil
		case t.plain && t.text == "{" && len(words) > 0:
			inner := &block{parent: at, name: words[0]}
			at.directives = append(at.directives, &directive{words[0], words[1:], inner})
			at, words = inner, nil
		case t.plain && t.text == "}" && at.parent != nil:
			at, words = at.parent, nil
		default:
			words = append(words, t.text)
		}
	}
	if at != into {
		return fmt.Errorf("%s: a block does not end", name)
	}
	return nil
}

func (p *parser) include(pattern string, into *block, depth int) error {
	if !path.IsAbs(pattern) {
		pattern = filepath.Join(p.base, pattern)
	}
	var names []string
	for name := range p.texts {
		if ok, _ := path.Match(pattern, name); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := p.file(name, into, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// token is a word, or one of the signs { } and ;.
type token struct {
	text  string
	plain bool // not in quotes, and not a part of a longer word
}

// tokenize follows ngx_conf_read_token: a word ends at a space, at ; and at {, but not inside
// ${name}; a quote counts at the beginning of a word only; a backslash keeps the next sign.
func tokenize(text string) (tokens []token) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '#':
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return tokens
			}
			i += end
		case strings.IndexByte("{};", c) >= 0:
			tokens = append(tokens, token{string(c), true})
			i++
		case c == '"' || c == '\'':
			word, end := quoted(text, i)
			tokens = append(tokens, token{word, false})
			i = end
		default:
			word, end := bare(text, i)
			tokens = append(tokens, token{word, false})
			i = end
		}
	}
	return tokens
}

func quoted(text string, i int) (word string, end int) {
	quote := text[i]
	var b strings.Builder
	for i++; i < len(text) && text[i] != quote; i++ {
		if text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`"'\`, text[i+1]) >= 0 {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), min(i+1, len(text))
}

func bare(text string, i int) (word string, end int) {
	begin := i
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '{' && i > begin && text[i-1] == '$':
			for i < len(text) && text[i] != '}' {
				i++
			}
		case strings.IndexByte(" \t\r\n;{", c) >= 0:
			return text[begin:i], i
		}
	}
	return text[begin:min(i, len(text))], min(i, len(text))
}
