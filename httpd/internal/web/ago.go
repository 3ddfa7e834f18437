package web

import (
	"time"

	"chatter/shared/recent"
)

// ago says how long ago a time bucket began. The page's script (ago.js) goes on with
// the same words, so they change together; testdata/ago.json holds both to it.
func (t *texts) ago(d time.Duration) string {
	buckets := int(max(d, 0) / recent.Bucket)
	if buckets < len(t.agoWords) {
		return t.agoWords[buckets]
	}
	return t.sayAgo(buckets)
}

// allAgo makes the words once: an index shows a hundred of them.
func (t *texts) allAgo() []string {
	all := make([]string, recent.Retention/recent.Bucket+1)
	for i := range all {
		all[i] = t.sayAgo(i)
	}
	return all
}

func (t *texts) sayAgo(buckets int) string {
	d := time.Duration(buckets) * recent.Bucket
	switch {
	case buckets == 0:
		return t.say("ago.now")
	case d < time.Hour:
		return t.say("ago.minutes", "n", int(d/time.Minute))
	default:
		return t.say("ago.hours", "n", int(d/time.Hour))
	}
}
