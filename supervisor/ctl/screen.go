package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

// width is that of the narrowest terminal.
const width = 80

// screen shows totals, the processes and their findings. It has totals only: nothing of one
// room or one guest.
func screen(before, after []sample) string {
	t := total(before, after)
	var b strings.Builder
	row := func(name, format string, args ...any) {
		b.WriteString(wrap(fmt.Sprintf("%-10s", name)+fmt.Sprintf(format, args...), 10))
	}
	row("guests", "at most %s, with %s sockets", number(t.sum("chatter_guests")), number(t.sum("chatter_sockets")))
	row("rooms", "%s", span(t.most("chatter_rooms"), t.sum("chatter_rooms")))
	row("messages", "%s a second, %s in all", decimal(t.rate("chatter_stored_total")), number(t.sum("chatter_stored_total")))
	row("acks", "%s; since the start %s", t.slowest(t.before), t.slowest(nil))
	row("refused", "%s a second by limits, %s in all; since the start %s because Redis was nearly full, %s because it was away, %s of muted guests",
		decimal(t.rate("chatter_refusals_total")), number(t.sum("chatter_refusals_total")), number(t.sum("chatter_full_total")),
		number(t.sum("chatter_unavailable_total")), number(t.sum("chatter_refused_muted_total")))
	row("Redis", "%.0f %% of maxmemory, a file of %s, %s free on the disk",
		100*t.most("chatter_redis_memory_share"), size(t.most("chatter_redis_file_bytes")), size(t.most("chatter_redis_disk_free_bytes")))
	b.WriteString("\n" + processTable(after))
	for i, note := range notes(after) {
		if i == 0 {
			b.WriteByte('\n')
		}
		b.WriteString(wrap("! "+note, 2))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// processTable has a line for each process.
func processTable(samples []sample) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "PROCESS\tMEMORY\tUP\tVERSION\tSTATE")
	for _, s := range samples {
		if s.silent != "" {
			fmt.Fprintf(w, "%s\t-\t-\t-\tdoes not answer\n", s.process)
			continue
		}
		up := s.at.Sub(time.UnixMilli(int64(1000 * s.sum("process_start_time_seconds"))))
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.process, size(s.sum("process_resident_memory_bytes")), duration(up), s.version(), s.state)
	}
	w.Flush()
	return b.String()
}

// version returns the version of a process.
func (s sample) version() string {
	for key := range s.values {
		if label, ok := strings.CutPrefix(key, `chatter_build_info{version="`); ok {
			return cut(strings.TrimSuffix(label, `"}`), 20)
		}
	}
	return "-"
}

// notes returns what is wrong with the processes, each once.
func notes(samples []sample) (all []string) {
	for _, s := range samples {
		found := s.notes
		switch {
		case s.silent != "":
			found = []string{s.process + " does not answer: " + s.silent}
		case s.state != ready:
			found = []string{s.process + " is " + s.state + ": " + strings.Join(s.notes, "; ")}
		}
		for _, note := range found {
			if !slices.Contains(all, note) {
				all = append(all, note)
			}
		}
	}
	return all
}

// wrap breaks a text into lines of at most width. Lines after the first are indented.
func wrap(text string, indent int) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Split(text, " ") {
		if i > 0 && length+1+utf8.RuneCountInString(word) > width {
			b.WriteString("\n" + strings.Repeat(" ", indent-1))
			length = indent - 1
		}
		if length > 0 {
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += utf8.RuneCountInString(word)
	}
	return b.String() + "\n"
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// number writes a count with commas.
func number(n float64) string {
	digits := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func decimal(n float64) string {
	if n >= 100 {
		return number(n)
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}

// span writes what is only known to lie between two numbers.
func span(least, most float64) string {
	if least == most {
		return number(most)
	}
	return number(least) + " to " + number(most)
}

func size(bytes float64) string {
	if math.IsNaN(bytes) || bytes < 0 {
		return "unknown"
	}
	units := []string{"B", "KB", "MB", "GB", "TB"}
	i := 0
	for ; bytes >= 1000 && i < len(units)-1; i++ {
		bytes /= 1000
	}
	decimals := 0
	if i > 0 && bytes < 10 {
		decimals = 1
	}
	return strconv.FormatFloat(bytes, 'f', decimals, 64) + " " + units[i]
}

func duration(d time.Duration) string {
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d s", int(d.Seconds()))
}
