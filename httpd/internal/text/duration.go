package text

import "time"

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
