// Package terminal writes texts and numbers for a terminal, and tells what is one.
package terminal

import (
	"fmt"
	"math"
	"os"
	"strings"
	"unicode/utf8"
)

// Width is that of the narrowest terminal.
const Width = 80

// Wrap breaks a text into lines of at most Width, unless a word is longer. The first line begins
// with a label, and the text with column indent in all lines. Each line ends with a line feed.
func Wrap(label string, indent int, text string) string {
	var b strings.Builder
	line := fmt.Sprintf("%-*s", indent-1, label)
	for word := range strings.FieldsSeq(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > Width && strings.TrimSpace(line) != "" {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", indent-1)
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}

// Bytes writes a number of bytes with a unit, "unknown" for NaN.
func Bytes(n float64) string {
	if math.IsNaN(n) || n < 0 {
		return "unknown"
	}
	units := []string{"B", "KB", "MB", "GB", "TB"}
	i := 0
	for ; n >= 1000 && i < len(units)-1; i++ {
		n /= 1000
	}
	decimals := 0
	if i > 0 && n < 10 {
		decimals = 1
	}
	return fmt.Sprintf("%.*f %s", decimals, n, units[i])
}

// Is reports whether a file, a reader or a writer is a terminal.
func Is(file any) bool {
	f, ok := file.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
