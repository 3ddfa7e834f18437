package text

import "time"

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
		return l.Say("time.days", "n", int(d/day))
	case d%time.Hour == 0:
		return l.Say("time.hours", "n", int(d/time.Hour))
	case d%time.Minute == 0:
		return l.Say("time.minutes", "n", int(d/time.Minute))
	default:
		return l.Say("time.seconds", "n", int((d+time.Second-1)/time.Second))
	}
}
