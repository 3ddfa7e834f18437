package wire

import (
	"strconv"
	"strings"
	"time"
)

// CloseCode is the code of a WebSocket close frame (RFC 6455 section 7.4).
// Chatter defines those from 4000 on.
type CloseCode int

const (
	CloseLeaving    CloseCode = 1001 // the client leaves; a service that stops sends CloseRestart
	CloseFlooding   CloseCode = 1008 // sent too many frames or bytes, or went on although its messages were refused as too fast
	CloseTooBig     CloseCode = 1009 // a frame above MaxFrameBytes
	CloseRestart    CloseCode = 1012 // reconnect after the delay in the reason
	CloseOverloaded CloseCode = 1013 // reconnect after the delay in the reason
	CloseSignIn     CloseCode = 4401 // no session: sign in first
	CloseNoRoom     CloseCode = 4404 // the room's name is impossible
	CloseTooSlow    CloseCode = 4408 // did not keep up: reconnect at once and resume
)

const (
	retryPrefix    = "retry="
	maxRetryMillis = 99_999_999 // more than a day
)

// RetryReason returns the close reason that asks a client to reconnect after d, in whole
// milliseconds. It limits d to between zero and about a day.
func RetryReason(d time.Duration) string {
	ms := min(max(d.Milliseconds(), 0), maxRetryMillis)
	return retryPrefix + strconv.FormatInt(ms, 10)
}

// ParseRetryReason returns the delay in a close reason, or false if there is none.
func ParseRetryReason(s string) (time.Duration, bool) {
	digits, found := strings.CutPrefix(s, retryPrefix)
	ms, err := strconv.ParseUint(digits, 10, 64)
	if !found || err != nil || ms > maxRetryMillis {
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, true
}
