package doctor

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// width is that of a terminal. A command that is longer is not broken.
const width = 80

// String is the report for a person.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		text := f.What + ": " + f.Why + "."
		if f.Fix != "" {
			text += " Fix:"
		}
		b.WriteString(wrap(strings.ToUpper(string(f.Level)), f.Kind+": "+text))
		if f.Fix != "" {
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat(" ", indent), f.Fix)
		}
	}
	for _, u := range r.Unexamined {
		b.WriteString(wrap("not", "examined: "+u.What+", because "+u.Because))
	}
	if len(r.Fine) > 0 {
		b.WriteString(wrap("fine", strings.Join(r.Fine, "; ")))
	}
	return b.String()
}

const indent = 9

// wrap breaks a text into lines of width, with a label before the first one.
func wrap(label, text string) string {
	var b strings.Builder
	line := fmt.Sprintf("%-*s", indent-1, label)
	for _, word := range strings.Fields(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width && strings.TrimSpace(line) != "" {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", indent-1)
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}
