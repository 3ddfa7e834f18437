package text

import (
	"time"

	"chatter/shared/recent"
)

// Ago says how long ago an interval began. ago.js continues with the same texts in the
// browser; testdata/ago.json tests both.
func (l *Language) Ago(d time.Duration) string {
	intervals := int(max(d, 0) / recent.Bucket)
	if intervals < len(l.agoTexts) {
		return l.agoTexts[intervals]
	}
	return l.sayAgo(intervals)
}

// allAgo makes the texts in advance: an index shows a hundred of them.
func (l *Language) allAgo() []string {
	all := make([]string, recent.Retention/recent.Bucket+1)
	for i := range all {
		all[i] = l.sayAgo(i)
	}
	return all
}

func (l *Language) sayAgo(intervals int) string {
	d := time.Duration(intervals) * recent.Bucket
	switch {
	case intervals == 0:
		return l.Say("ago.now")
	case d < time.Hour:
		return l.Say("ago.minutes", "n", int(d/time.Minute))
	default:
		return l.Say("ago.hours", "n", int(d/time.Hour))
	}
}
