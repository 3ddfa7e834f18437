package engines_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	comment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	media    = regexp.MustCompile(`\(\s*([a-z-]+)`)
	pseudo   = regexp.MustCompile(`::?([a-z-]+)`)
	keyword  = regexp.MustCompile(`[a-z-]+`)
	function = regexp.MustCompile(`([a-z-]+)\(`)
	unit     = regexp.MustCompile(`\b[\d.]+(dv[hwib]|[sl]v[hwib]|r?lh|cq\w+|r?cap|r?ic)\b`)
	strungs  = regexp.MustCompile(`"[^"]*"`)
)

// style checks the rules that stand outside of @supports. A declaration may use a newer value
// if one before it in the same rule has an older one.
func (f *findings) style(all feature, where, css string) {
	f.Helper()
	css = comment.ReplaceAllString(css, "")
	f.block(all.at("css"), where, css)
}

// block checks a list of rules.
func (f *findings) block(css feature, where, rules string) {
	f.Helper()
	for rules = strings.TrimSpace(rules); rules != ""; rules = strings.TrimSpace(rules) {
		open := strings.IndexByte(rules, '{')
		if open < 0 {
			f.Fatalf("%s: a rule has no block: %.60s", where, rules)
		}
		end, depth := open+1, 1
		for ; depth > 0 && end < len(rules); end++ {
			switch rules[end] {
			case '{':
				depth++
			case '}':
				depth--
			}
		}
		head, body := strings.TrimSpace(rules[:open]), rules[open+1:end-1]
		rules = rules[end:]
		if name, ok := strings.CutPrefix(head, "@"); ok {
			name, condition := keyword.FindString(name), strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz-")
			rule := css.at("at-rules", name)
			f.check(where, "@"+name, rule)
			for _, m := range media.FindAllStringSubmatch(condition, -1) {
				f.check(where, "@"+name+" "+m[1], rule.at(m[1]))
			}
			if name == "media" && strings.ContainsAny(condition, "<>") {
				f.check(where, "@media with < or >", rule.at("range_syntax"))
			}
			if name != "supports" {
				f.block(css, where, body)
			}
			continue
		}
		if strings.Contains(body, "{") {
			f.report(where, "nested rules", []string{"all"})
			continue
		}
		for _, m := range pseudo.FindAllStringSubmatch(head, -1) {
			f.check(where, ":"+m[1], css.at("selectors", m[1]))
		}
		f.declarations(css, where, body)
	}
}

func (f *findings) declarations(css feature, where, body string) {
	f.Helper()
	plain := make(map[string]bool) // properties with a value that all know
	for _, declaration := range strings.Split(strungs.ReplaceAllStringFunc(body, func(s string) string { return strings.ReplaceAll(s, ";", " ") }), ";") {
		name, value, _ := strings.Cut(declaration, ":")
		name = strings.TrimSpace(name)
		if old, ok := strings.CutPrefix(name, "-webkit-"); ok {
			plain[old] = true
		}
		if name == "" || plain[name] || strings.HasPrefix(name, "-") {
			continue
		}
		property := css.at("properties", name)
		if browsers, _ := property.lacks(); len(browsers) > 0 {
			f.report(where, name, browsers)
			continue
		}
		newer := make(map[string][]string)
		look := func(word string, what feature) {
			if browsers, _ := what.lacks(); len(browsers) > 0 {
				newer[name+": "+word] = browsers
			}
		}
		bare := strungs.ReplaceAllString(value, `""`)
		if name == "content" && strings.Contains(bare, "/") {
			look("alternative text", property.at("alt_text"))
		}
		for _, word := range keyword.FindAllString(bare, -1) {
			look(word, property.at(word))
		}
		for _, m := range function.FindAllStringSubmatch(bare, -1) {
			look(m[1]+"()", css.at("types", m[1]))
			look(m[1]+"()", css.at("types", "color", m[1]))
		}
		for _, m := range unit.FindAllStringSubmatch(bare, -1) {
			key := m[1]
			if strings.Contains("dsl", key[:1]) && key[1] == 'v' {
				key = "viewport_percentage_units_" + map[byte]string{'d': "dynamic", 's': "small", 'l': "large"}[key[0]]
			} else if strings.HasPrefix(key, "cq") {
				key = "container_query_length_units"
			}
			look(m[1], css.at("types", "length", key))
		}
		plain[name] = len(newer) == 0
		for word, browsers := range newer {
			f.report(where, word, browsers)
		}
	}
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
