package text

import "time"

// Ago returns how long ago an interval ended, in words. ago.js continues with the same texts in
// the browser; testdata/ago.json tests both.
func (l *Language) Ago(d time.Duration) string {
	const step = 5 * time.Minute
	d = max(d, 0) / step * step
	switch {
	case d == 0:
		return l.Text("ago.now")
	case d < time.Hour:
		return l.Text("ago.minutes", "n", int(d/time.Minute))
	default:
		return l.Text("ago.hours", "n", int(d/time.Hour))
	}
}

// About returns a time in words, rounded up to whole minutes, from two hours on to whole
// hours, and from two days on to whole days.
func (l *Language) About(d time.Duration) string {
	unit := time.Minute
	switch {
	case d > 48*time.Hour:
		unit = 24 * time.Hour
	case d > 2*time.Hour:
		unit = time.Hour
	}
	return l.Duration((d + unit - 1) / unit * unit)
}

// Duration returns a time in words, in the largest unit that it is a whole number of. A day
// is 24 hours: "days" begin at two.
func (l *Language) Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d > day && d%day == 0:
		return l.Text("time.days", "n", int(d/day))
	case d%time.Hour == 0:
		return l.Text("time.hours", "n", int(d/time.Hour))
	case d%time.Minute == 0:
		return l.Text("time.minutes", "n", int(d/time.Minute))
	default:
		return l.Text("time.seconds", "n", int((d+time.Second-1)/time.Second))
	}
}
