package text

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed languages
var embedded embed.FS

// defaultLanguage is for guests who accept none of the languages. Every other file has
// the same keys as this one.
const defaultLanguage = "en"

// forms are the plural forms of a text, named as in Unicode's CLDR. A text without a
// number has only plural.Other.
type forms map[plural.Form]string

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// UnmarshalJSON reads a text, or an object with the plural forms of one.
func (f *forms) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		var text string
		err := json.Unmarshal(b, &text)
		*f = forms{plural.Other: text}
		return err
	}
	var named map[string]string
	if err := json.Unmarshal(b, &named); err != nil {
		return err
	}
	*f = make(forms)
	for name, text := range named {
		form, ok := formNames[name]
		if !ok {
			return fmt.Errorf("%q is no plural form", name)
		}
		(*f)[form] = text
	}
	if _, ok := (*f)[plural.Other]; !ok {
		return errors.New(`the form "other" is missing`)
	}
	return nil
}

// Load reads the embedded languages, the default one first.
func Load() ([]*Language, error) {
	names, err := fs.Glob(embedded, "languages/*.json")
	if err != nil {
		return nil, err
	}
	var all []*Language
	for _, name := range names {
		l, err := load(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if l.Lang == defaultLanguage {
			all = slices.Insert(all, 0, l)
		} else {
			all = append(all, l)
		}
	}
	if len(all) == 0 || all[0].Lang != defaultLanguage {
		return nil, fmt.Errorf("no texts in %s", defaultLanguage)
	}
	return all, nil
}

func load(name string) (*Language, error) {
	content, err := fs.ReadFile(embedded, name)
	if err != nil {
		return nil, err
	}
	var file struct {
		Language, Dir  string
		Pages, Scripts json.RawMessage
		Names          names
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, err
	}
	if file.Dir != "ltr" && file.Dir != "rtl" {
		return nil, fmt.Errorf("dir is %q, want ltr or rtl", file.Dir)
	}
	if file.Language == "" {
		return nil, errors.New("language, its own name, is missing")
	}
	l := &Language{
		Lang: strings.TrimSuffix(path.Base(name), ".json"), Name: file.Language, Dir: file.Dir,
		scripts: file.Scripts, Names: file.Names.all(),
	}
	if l.tag, err = language.Parse(l.Lang); err != nil {
		return nil, err
	}
	if l.numbers, err = language.Parse(l.Lang + digits); err != nil {
		return nil, err
	}
	for _, part := range []json.RawMessage{file.Pages, file.Scripts} {
		if err := json.Unmarshal(part, &l.texts); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// names are the words of the names that guests are offered. Each noun has the pattern of its
// grammatical gender, such as "{adjective}er {noun}".
type names struct {
	Adjectives []string
	Nouns      map[string][]string // by pattern
}

// all returns the name of each adjective with each noun.
func (n names) all() (all []string) {
	for _, pattern := range slices.Sorted(maps.Keys(n.Nouns)) {
		for _, noun := range n.Nouns[pattern] {
			for _, adjective := range n.Adjectives {
				all = append(all, strings.NewReplacer("{adjective}", adjective, "{noun}", noun).Replace(pattern))
			}
		}
	}
	return all
}
