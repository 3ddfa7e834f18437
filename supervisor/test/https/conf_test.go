package https_test

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// directive is one of nginx's, with those in its braces.
type directive struct {
	words []string
	block []directive
}

var dumped = regexp.MustCompile(`(?m)^# configuration file (.+):$`)

// parseDump reads the output of `nginx -T`, which holds each file once, and puts files in
// the place of the lines that include them.
func parseDump(dump string) ([]directive, error) {
	files := map[string]string{}
	var main string
	at := dumped.FindAllStringSubmatchIndex(dump, -1)
	for i, m := range at {
		end := len(dump)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name := dump[m[2]:m[3]]
		files[name] = dump[m[1]:end]
		if i == 0 {
			main = name
		}
	}
	if main == "" {
		return nil, fmt.Errorf("no file in %.200q", dump)
	}
	p := &parser{files: files, dir: filepath.Dir(main), tokens: tokens(files[main])}
	return p.block(false)
}

// token matches a comment, a quoted word, a brace or semicolon, or another word.
var token = regexp.MustCompile(`#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\$\{|[^\s;{}])+`)

func tokens(text string) []string {
	return slices.DeleteFunc(token.FindAllString(text, -1), func(s string) bool { return strings.HasPrefix(s, "#") })
}

type parser struct {
	files  map[string]string
	dir    string // to which names of included files are relative
	tokens []string
}

// block reads up to the brace that closes it, or to the end of the outermost.
func (p *parser) block(inside bool) (list []directive, err error) {
	var d directive
	for len(p.tokens) > 0 {
		t := p.tokens[0]
		p.tokens = p.tokens[1:]
		switch t {
		case "}":
			if !inside || len(d.words) > 0 {
				return nil, fmt.Errorf("a brace after %q", d.words)
			}
			return list, nil
		case "{":
			if d.block, err = p.block(true); err != nil {
				return nil, err
			}
			list, d = append(list, d), directive{}
		case ";":
			if d.words[0] != "include" {
				list = append(list, d)
			} else if list, err = p.include(list, d.words[1]); err != nil {
				return nil, err
			}
			d = directive{}
		default:
			d.words = append(d.words, strings.Trim(t, `"'`))
		}
	}
	if inside || len(d.words) > 0 {
		return nil, fmt.Errorf("the end after %q", d.words)
	}
	return list, nil
}

func (p *parser) include(list []directive, pattern string) ([]directive, error) {
	if !path.IsAbs(pattern) {
		pattern = path.Join(p.dir, pattern)
	}
	for name, text := range p.files {
		if ok, err := path.Match(pattern, name); err != nil || !ok {
			continue
		}
		inner := &parser{files: p.files, dir: p.dir, tokens: tokens(text)}
		included, err := inner.block(false)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		list = append(list, included...)
	}
	return list, nil
}

func named(list []directive, name string) (found []directive) {
	for _, d := range list {
		if d.words[0] == name {
			found = append(found, d)
		}
	}
	return found
}

// harmless are the variables that tell neither an address nor a path.
var harmless = []string{
	"$time_iso8601", "$chatter_method", "$chatter_route", "$status", "$bytes_sent", "$request_time",
	"$upstream_status", "$upstream_response_time",
}

var variable = regexp.MustCompile(`\$\w+`)

// telling returns the servers of http{} and their locations that may log the address or the
// path of a request, each with the reason, and the number of servers.
func telling(conf []directive) (servers int, problems []string) {
	for _, http := range named(conf, "http") {
		for _, server := range named(http.block, "server") {
			servers++
			name := fmt.Sprint("server that listens on ", named(server.block, "listen"))
			check := func(place string, levels ...[]directive) {
				for _, why := range logsOf(http.block, levels) {
					problems = append(problems, place+": "+why)
				}
			}
			check(name, server.block, http.block, conf)
			for _, location := range named(server.block, "location") {
				check(fmt.Sprint(name, ", ", location.words), location.block, server.block, http.block, conf)
			}
		}
	}
	return servers, problems
}

// logsOf returns what is wrong with the logs that hold inside levels[0], inherited from the
// others.
func logsOf(http []directive, levels [][]directive) (problems []string) {
	inherited := func(name string) []directive {
		for _, level := range levels {
			if found := named(level, name); len(found) > 0 {
				return found
			}
		}
		return []directive{{words: []string{name, "nginx's default"}}}
	}
	for _, d := range inherited("access_log") {
		if d.words[1] == "off" {
			continue
		}
		if len(d.words) < 3 {
			problems = append(problems, fmt.Sprint(d.words, " has the format combined"))
			continue
		}
		for _, format := range named(http, "log_format") {
			if format.words[1] != d.words[2] {
				continue
			}
			for _, v := range variable.FindAllString(strings.Join(format.words[2:], " "), -1) {
				if !slices.Contains(harmless, v) {
					problems = append(problems, fmt.Sprint(d.words, " logs ", v))
				}
			}
		}
	}
	for _, d := range inherited("error_log") {
		if d.words[1] != "/dev/null" {
			problems = append(problems, fmt.Sprint(d.words, " holds the address and the path of a request"))
		}
	}
	return problems
}
