package web

import (
	"sync"
	"time"

	"chatter/shared/limits"

	"golang.org/x/time/rate"
)

const (
	// Wrong phrases of one address class: so many at once, then one in this time. A school
	// behind one address mistypes a few; a botnet of a thousand addresses guesses six million
	// phrases in a year, and a phrase of two random words has as many.
	maxWrongPhrases   = 20
	wrongPhraseRefill = 5 * time.Second
	// maxWrongClasses bounds the memory to about 2 MB.
	maxWrongClasses = 1 << 14
)

// wrongPhrases counts the wrong phrases of address classes. It is safe for concurrent use.
type wrongPhrases struct {
	mu      sync.Mutex
	classes map[limits.Class]*rate.Limiter // of classes with a wrong phrase
}

// wait returns how long the class must wait before it may try again, zero if it need not.
func (w *wrongPhrases) wait(class limits.Class, now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.classes[class]
	if l == nil || l.TokensAt(now) >= 1 {
		return 0
	}
	return time.Duration((1 - l.TokensAt(now)) * float64(wrongPhraseRefill))
}

// add counts a wrong phrase.
func (w *wrongPhrases) add(class limits.Class, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.classes == nil {
		w.classes = make(map[limits.Class]*rate.Limiter)
	}
	l := w.classes[class]
	if l == nil {
		w.makeRoomLocked(now)
		l = rate.NewLimiter(rate.Every(wrongPhraseRefill), maxWrongPhrases)
		w.classes[class] = l
	}
	l.AllowN(now, 1)
}

// makeRoomLocked removes, when there are too many, the classes that have not tried for long,
// and if none has, a few at random.
func (w *wrongPhrases) makeRoomLocked(now time.Time) {
	if len(w.classes) < maxWrongClasses {
		return
	}
	for class, l := range w.classes {
		if l.TokensAt(now) >= maxWrongPhrases {
			delete(w.classes, class)
		}
	}
	for class := range w.classes {
		if len(w.classes) <= maxWrongClasses*3/4 {
			break
		}
		delete(w.classes, class)
	}
}
