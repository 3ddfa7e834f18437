// Package text has the words of the pages and of their scripts. Each file in languages/ is one
// language; TRANSLATING.md tells how to add one. The package knows neither HTTP nor templates.
package text

import (
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// digits makes the digits of all numbers 0 to 9, as in times and addresses. Versions of CLDR
// differ in the digits of Arabic. texts.js has the same rule.
const digits = "-u-nu-latn"

// Language holds all texts in one language. It is read-only once loaded.
type Language struct {
	Lang, Dir string   // for the attributes of the same names
	Name      string   // of the language, in itself
	Names     []string // that a guest may be offered
	tag       language.Tag
	numbers   language.Tag     // tag with digits
	texts     map[string]forms // of the pages and of the scripts
	scripts   json.RawMessage  // the part for the scripts, as in the file
}

// ScriptPath is the address of Script, below that of the assets.
func (l *Language) ScriptPath() string { return "js/words-" + l.Lang + ".js" }

// Script is a module that gives the other scripts their texts (texts.js).
func (l *Language) Script() []byte {
	return fmt.Appendf(nil, `import { texts } from "./texts.js"; texts.load(%q, %s)`, l.Lang, l.scripts)
}

// Text returns the text of a key. values are pairs of a placeholder's name and its value;
// the number called n selects the plural form. An unknown key is returned as it is; a
// test looks for those.
func (l *Language) Text(key string, values ...any) string {
	known, ok := l.texts[key]
	if !ok {
		return key
	}
	if len(values) == 0 {
		return known[plural.Other]
	}
	form := plural.Other
	pairs := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		name, value := values[i].(string), fmt.Sprint(values[i+1])
		if n, ok := values[i+1].(int); ok {
			value = message.NewPrinter(l.numbers).Sprintf("%d", n)
			if name == "n" {
				form = plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)
			}
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	text, ok := known[form]
	if !ok {
		text = known[plural.Other]
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
