package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// defaultLanguage is that of guests who want none of those that there are. Every
// other catalog has the same keys as this one.
const defaultLanguage = "en"

// texts are all words of the site in one language, the content of texts/LANG.json.
// It is read-only once loaded.
type texts struct {
	Lang, Dir string
	tag       language.Tag
	words     map[string]words // of the pages and of the scripts
	scripts   json.RawMessage  // those that the scripts say, as they stand in the file
	agoWords  []string         // by the count of buckets gone by
}

// words is a text by its plural forms, as Unicode's CLDR names them; one without a
// number in it has only plural.Other.
type words map[plural.Form]string

var pluralForms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func (w *words) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		var text string
		err := json.Unmarshal(b, &text)
		*w = words{plural.Other: text}
		return err
	}
	var forms map[string]string
	if err := json.Unmarshal(b, &forms); err != nil {
		return err
	}
	*w = make(words)
	for name, text := range forms {
		form, ok := pluralForms[name]
		if !ok {
			return fmt.Errorf("%q is no plural form", name)
		}
		(*w)[form] = text
	}
	if _, ok := (*w)[plural.Other]; !ok {
		return errors.New(`the form "other" is missing`)
	}
	return nil
}

// newTexts reads every catalog, the default one first.
func newTexts(fsys fs.FS) ([]*texts, error) {
	names, err := fs.Glob(fsys, "texts/*.json")
	if err != nil {
		return nil, err
	}
	var all []*texts
	for _, name := range names {
		t, err := readTexts(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if t.Lang == defaultLanguage {
			all = slices.Insert(all, 0, t)
		} else {
			all = append(all, t)
		}
	}
	if len(all) == 0 || all[0].Lang != defaultLanguage {
		return nil, fmt.Errorf("no texts in %s", defaultLanguage)
	}
	return all, nil
}

func readTexts(fsys fs.FS, name string) (*texts, error) {
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	var file struct {
		Dir            string
		Pages, Scripts json.RawMessage
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, err
	}
	if file.Dir != "ltr" && file.Dir != "rtl" {
		return nil, fmt.Errorf("dir is %q, want ltr or rtl", file.Dir)
	}
	t := &texts{Lang: strings.TrimSuffix(path.Base(name), ".json"), Dir: file.Dir, scripts: file.Scripts}
	if t.tag, err = language.Parse(t.Lang); err != nil {
		return nil, err
	}
	for _, part := range []json.RawMessage{file.Pages, file.Scripts} {
		if err := json.Unmarshal(part, &t.words); err != nil {
			return nil, err
		}
	}
	t.agoWords = t.allAgo()
	return t, nil
}

// modulePath is where the scripts find their words, below the assets' address.
func (t *texts) modulePath() string { return "js/words-" + t.Lang + ".js" }

// module is a script that gives the others their words (texts.js).
func (t *texts) module() []byte {
	return fmt.Appendf(nil, `import { texts } from "./texts.js"; texts.speak(%q, %s)`, t.Lang, t.scripts)
}

// say returns the text of a key. values are pairs of a placeholder's name and what
// stands in its place; the one called n decides the plural form. A key that is not
// there comes back as it is: the tests see to it that none is missing.
func (t *texts) say(key string, values ...any) string {
	forms, ok := t.words[key]
	if !ok {
		return key
	}
	if len(values) == 0 {
		return forms[plural.Other]
	}
	form := plural.Other
	pairs := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		name, value := values[i].(string), fmt.Sprint(values[i+1])
		if n, ok := values[i+1].(int); ok {
			value = message.NewPrinter(t.tag).Sprintf("%d", n)
			if name == "n" {
				form = plural.Cardinal.MatchPlural(t.tag, n, 0, 0, 0, 0)
			}
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	text, ok := forms[form]
	if !ok {
		text = forms[plural.Other]
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// named is say for a text about a person or a room: their {name} stands apart, so that
// a name in another direction does not turn the sentence round.
func (t *texts) named(key, name string) template.HTML {
	before, after, _ := strings.Cut(t.say(key), "{name}")
	return template.HTML(template.HTMLEscapeString(before) +
		"<bdi>" + template.HTMLEscapeString(name) + "</bdi>" + template.HTMLEscapeString(after))
}
