package wire

import (
	"strconv"
	"time"
)

// AppendMessage appends the frame of a message, the same bytes for everybody.
func AppendMessage(dst []byte, id ID, text string) []byte {
	dst = append(dst, `{"event":"message","id":"`...)
	dst = id.AppendTo(dst)
	dst = append(dst, `","message":`...)
	dst = appendString(dst, text)
	return append(dst, '}')
}

// AppendAck appends the frame that tells a sender that its message is stored.
func AppendAck(dst []byte, nonce Nonce, id ID) []byte {
	dst = append(dst, `{"event":"ack","nonce":`...)
	dst = appendString(dst, string(nonce))
	dst = append(dst, `,"id":"`...)
	dst = id.AppendTo(dst)
	return append(dst, `"}`...)
}

// AppendRefused appends the frame that tells a sender that its message is not
// stored. RetryAfter is rounded up to whole seconds: a client that comes back
// when it was told to is not refused for the rest of a second.
func AppendRefused(dst []byte, r Refusal) []byte {
	dst = append(dst, `{"event":"refused","nonce":`...)
	dst = appendString(dst, string(r.Nonce))
	dst = append(dst, `,"code":`...)
	dst = appendString(dst, string(r.Code))
	dst = append(dst, `,"detail":`...)
	dst = appendString(dst, r.Detail)
	dst = append(dst, `,"retry_after":`...)
	dst = strconv.AppendInt(dst, seconds(r.RetryAfter), 10)
	return append(dst, '}')
}

// seconds returns d in whole seconds, rounded up, at least zero.
func seconds(d time.Duration) int64 {
	whole := int64(max(d, 0) / time.Second)
	if d > time.Duration(whole)*time.Second {
		whole++
	}
	return whole
}

// AppendGap appends the frame that says that messages may be missing.
func AppendGap(dst []byte) []byte { return append(dst, `{"event":"gap"}`...) }

// AppendLive appends the frame that ends a resumption. The cursor is the ID of
// the last message that was sent, or zero when the log is empty.
func AppendLive(dst []byte, cursor ID) []byte {
	dst = append(dst, `{"event":"live","cursor":"`...)
	dst = cursor.AppendTo(dst)
	return append(dst, `"}`...)
}

// AppendRecent appends the frame of the live index. The lists keep their order
// and are never null.
func AppendRecent(dst []byte, users, rooms []string) []byte {
	dst = append(dst, `{"event":"recent","users":`...)
	dst = appendStrings(dst, users)
	dst = append(dst, `,"rooms":`...)
	dst = appendStrings(dst, rooms)
	return append(dst, '}')
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}
