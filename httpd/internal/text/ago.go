package text

import (
	"time"

	"chatter/shared/recent"
)

// agoStep is how exact the texts are.
const agoStep = 5 * time.Minute

// Ago says how long ago an interval ended. ago.js continues with the same texts in the
// browser; testdata/ago.json tests both.
func (l *Language) Ago(d time.Duration) string {
	steps := int(max(d, 0) / agoStep)
	if steps < len(l.agoTexts) {
		return l.agoTexts[steps]
	}
	return l.sayAgo(steps)
}

// allAgo makes the texts in advance: an index shows a hundred of them.
func (l *Language) allAgo() []string {
	all := make([]string, recent.MaxKeep/agoStep+1)
	for i := range all {
		all[i] = l.sayAgo(i)
	}
	return all
}

func (l *Language) sayAgo(steps int) string {
	d := time.Duration(steps) * agoStep
	switch {
	case steps == 0:
		return l.Say("ago.now")
	case d < time.Hour:
		return l.Say("ago.minutes", "n", int(d/time.Minute))
	default:
		return l.Say("ago.hours", "n", int(d/time.Hour))
	}
}
