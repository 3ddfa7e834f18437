package page

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"chatter/shared/grapheme"
)

// part is a part of a message's text: a text, or other parts.
type part struct {
	Kind  string // quote, fence, code, mark (of a quote or of code) or blank (a line); the last two are not shown
	Text  string
	Parts []part
}

// The limits of markup.js.
const (
	rowWidth    = 60 // columns: about a line of the log on a wide screen
	maxRows     = 15 // a message with more of them is folded
	maxBlank    = 2  // blank lines in a row that are shown
	maxQuoted   = 60 // characters of a quote
	leastQuoted = 20 // a quote is cut at a space behind so many characters
)

var (
	quoteMarks = regexp.MustCompile(`^(?:[ \t]*>)+`)
	quoteMark  = regexp.MustCompile(`^>[ \t]?`)
	fenceBegin = regexp.MustCompile("^```[^`\n]*\n?$")
	fenceEnd   = regexp.MustCompile("^```[ \t]*\n?$")
	code       = regexp.MustCompile("(`+)([^`\n]+)(`+)")
)

// shows reports whether a line shows something, in a quote or not.
func shows(line string) bool {
	return grapheme.ShowsSomething(line[len(quoteMarks.FindString(line)):])
}

// markup returns the parts of a text, which make up the text again. The script has the same
// rules (markup.js), so that no row changes when it starts; testdata/markup.json tests both.
func markup(text string) (all []part) {
	if !strings.ContainsAny(text, ">`\n") {
		return []part{{Text: text}}
	}
	blank := 0
	fences := true // a fence may end: after one that does not, none is sought, or each took as long
	for lines := slices.Collect(strings.Lines(text)); len(lines) > 0; {
		kind, n := blockAt(lines, &fences)
		block := part{Kind: kind}
		parts := &all
		if kind != "" {
			parts = &block.Parts
		}
		for i, line := range lines[:n] {
			if blank++; shows(line) {
				blank = 0
			}
			switch {
			case blank > maxBlank:
				*parts = append(*parts, part{Kind: "blank", Text: line})
			case kind == "quote":
				putLine(parts, line, quoteMark.FindString(line))
			case kind == "":
				putLine(parts, line, "")
			case i == 0 || i == n-1:
				*parts = append(*parts, part{Kind: "mark", Text: line})
			default:
				put(parts, line)
			}
		}
		if kind != "" {
			all = append(all, block)
		}
		lines = lines[n:]
	}
	return all
}

// blockAt returns the kind of the block that begins with the first line, and how many lines it
// has. A quote and a fence show something. It notes in fences when no fence ends from here on.
func blockAt(lines []string, fences *bool) (kind string, n int) {
	if *fences && fenceBegin.MatchString(lines[0]) {
		end := 1 + slices.IndexFunc(lines[1:], fenceEnd.MatchString)
		*fences = end > 0
		if end > 0 && slices.ContainsFunc(lines[1:end], shows) {
			return "fence", end + 1
		}
	}
	for n < len(lines) && strings.HasPrefix(lines[n], ">") {
		n++
	}
	if slices.ContainsFunc(lines[:n], shows) {
		return "quote", n
	}
	return "", max(n, 1)
}

// put adds a text, to the one before it if that is no part of its own.
func put(parts *[]part, text string) {
	if last := len(*parts) - 1; last >= 0 && (*parts)[last].Kind == "" {
		(*parts)[last].Text += text
	} else if text != "" {
		*parts = append(*parts, part{Text: text})
	}
}

func putLine(parts *[]part, line, mark string) {
	if mark != "" {
		*parts = append(*parts, part{Kind: "mark", Text: mark})
		line = line[len(mark):]
	}
	for from := 0; ; {
		m := code.FindStringSubmatchIndex(line[from:])
		if m == nil {
			break
		}
		for i := range m {
			m[i] += from
		}
		open, inner, end := line[m[2]:m[3]], line[m[4]:m[5]], line[m[6]:m[7]]
		if len(open) != len(end) || !grapheme.ShowsSomething(inner) {
			from = m[6] // the end may begin another one
			continue
		}
		put(parts, line[:m[0]])
		*parts = append(*parts, part{Kind: "code", Parts: []part{{Kind: "mark", Text: open}, {Text: inner}, {Kind: "mark", Text: end}}})
		line, from = line[m[1]:], 0
	}
	put(parts, line)
}

// isLong reports whether a message is folded, by its text alone.
func isLong(text string) bool {
	rows, blank := 0, 0
	for line := range strings.Lines(text) {
		if blank++; shows(line) {
			blank = 0
		}
		if blank <= maxBlank {
			rows += max(1, (columns(line)+rowWidth-1)/rowWidth)
		}
	}
	return rows > maxRows
}

func columns(line string) (n int) {
	const firstWide = 0x1100 // Hangul; the scripts of East Asia and most emoji follow
	for _, r := range line {
		if n++; r >= firstWide {
			n++
		}
	}
	return n
}

// Quote returns a message's first words as a quote: a line of its own, for the form.
func Quote(text string) string {
	lines := slices.DeleteFunc(slices.Collect(strings.Lines(text)), func(line string) bool { return !shows(line) })
	if len(lines) == 0 {
		lines = []string{""}
	}
	own := max(0, slices.IndexFunc(lines, func(line string) bool { return !strings.HasPrefix(line, ">") && !fenceBegin.MatchString(line) }))
	words := []rune(strings.Join(strings.Fields(strings.TrimPrefix(lines[own], ">")), " "))
	if len(words) <= maxQuoted {
		return "> " + string(words) + "\n"
	}
	end := maxQuoted
	for end > 0 && words[end] != ' ' {
		end--
	}
	if end < leastQuoted {
		end = maxQuoted
		// Marks and joined emoji stay with what they belong to.
		for end > leastQuoted && (unicode.Is(unicode.M, words[end]) || isSkinTone(words[end]) || words[end] == joiner || words[end-1] == joiner) {
			end--
		}
	}
	return "> " + string(words[:end]) + "…\n"
}

const joiner = '\u200D'
