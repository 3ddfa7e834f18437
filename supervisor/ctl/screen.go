package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"chatter/supervisor/ctl/internal/admin"
	"chatter/supervisor/ctl/internal/terminal"
)

// screen shows totals, the processes and their findings. It has totals only: nothing of one
// room or one guest.
func screen(before, after []sample) string {
	t := total(before, after)
	var b strings.Builder
	row := func(name, format string, args ...any) {
		b.WriteString(terminal.Wrap(name, 10, fmt.Sprintf(format, args...)))
	}
	row("guests", "at most %s, with %s sockets", number(t.now.Sum("chatter_guests")), number(t.now.Sum("chatter_sockets")))
	row("rooms", "%s", span(greatest(after, "chatter_rooms"), t.now.Sum("chatter_rooms")))
	row("messages", "%s a second, %s in all", decimal(t.rate("chatter_stored_total")), number(t.now.Sum("chatter_stored_total")))
	row("acks", "%s; since the start %s", slowest(t.grown), slowest(t.now))
	row("refused", "%s a second by limits, %s in all; since the start %s because Redis was nearly full, %s because it was away, %s of muted guests",
		decimal(t.rate("chatter_refusals_total")), number(t.now.Sum("chatter_refusals_total")), number(t.now.Sum("chatter_full_total")),
		number(t.now.Sum("chatter_unavailable_total")), number(t.now.Sum("chatter_refused_muted_total")))
	row("Redis", "%.0f %% of maxmemory, a file of %s, %s free on the disk",
		100*greatest(after, "chatter_redis_memory_share"), terminal.Bytes(greatest(after, "chatter_redis_file_bytes")), terminal.Bytes(greatest(after, "chatter_redis_disk_free_bytes")))
	b.WriteString("\n" + processTable(after))
	for i, note := range notes(after) {
		if i == 0 {
			b.WriteByte('\n')
		}
		b.WriteString(terminal.Wrap("!", 2, note))
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
		state := "ready"
		if !s.Ready {
			state = "not ready"
		}
		up := s.At.Sub(time.UnixMilli(int64(1000 * s.Metrics.Sum("process_start_time_seconds"))))
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.process, terminal.Bytes(s.Metrics.Sum("process_resident_memory_bytes")), duration(up), s.version(), state)
	}
	w.Flush()
	return b.String()
}

// version returns the version of a process.
func (s sample) version() string {
	for key := range s.Metrics {
		if label, ok := strings.CutPrefix(key, `chatter_build_info{version="`); ok {
			return cut(strings.TrimSuffix(label, `"}`), 20)
		}
	}
	return "-"
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

// totals are the metrics of all processes together.
type totals struct {
	now   admin.Metrics // the sum of all processes
	grown admin.Metrics // by how much counters have grown since the samples before
	apart float64       // seconds between the samples
}

// total adds the metrics of all processes that answered. A process that began anew in between
// counts from zero. One that did not answer before has a rate that is not known, and counts as
// if it had none.
func total(before, after []sample) totals {
	t := totals{admin.Metrics{}, admin.Metrics{}, time.Millisecond.Seconds()}
	for _, s := range after {
		i := slices.IndexFunc(before, func(then sample) bool { return then.process == s.process && then.silent == "" })
		if i >= 0 {
			t.apart = max(t.apart, s.At.Sub(before[i].At).Seconds())
		}
		for key, value := range s.Metrics {
			t.now[key] += value
			if i < 0 {
				continue
			}
			if then := before[i].Metrics[key]; then <= value {
				value -= then
			}
			t.grown[key] += value
		}
	}
	return t
}

// rate returns by how much a counter grows in a second.
func (t totals) rate(metric string) float64 { return t.grown.Sum(metric) / t.apart }

// greatest returns the greatest value that a process has of a metric, NaN if none has one.
func greatest(samples []sample, metric string) float64 {
	found := math.NaN()
	for _, s := range samples {
		if value, ok := s.Metrics[metric]; ok && !(value <= found) && !math.IsNaN(value) {
			found = value
		}
	}
	return found
}

// slowest tells how long acks took.
func slowest(metrics admin.Metrics) string {
	counts := map[float64]float64{} // by upper bound in seconds, those below it included
	for key, value := range metrics {
		bound, ok := strings.CutPrefix(key, `chatter_ack_seconds_bucket{le="`)
		if seconds, err := strconv.ParseFloat(strings.TrimSuffix(bound, `"}`), 64); ok && err == nil {
			counts[seconds] = value
		}
	}
	all := counts[math.Inf(1)]
	if all == 0 {
		return "none"
	}
	for _, bound := range slices.Sorted(maps.Keys(counts)) {
		if counts[bound] >= 0.99*all && !math.IsInf(bound, 1) {
			return "99 of 100 within " + time.Duration(bound*float64(time.Second)).String()
		}
	}
	return "more than 1 of 100 takes 10 s"
}
