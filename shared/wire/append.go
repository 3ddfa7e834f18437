package wire

import (
	"strconv"
	"time"
)

// AppendMessage appends the frame of a message, the same bytes for everybody.
func AppendMessage(dst []byte, id ID, text string) []byte {
	return begin(dst, EventMessage).id("id", id).text("message", text).end()
}

// AppendAck appends the frame that tells a sender that its message is stored.
func AppendAck(dst []byte, nonce Nonce, id ID) []byte {
	return begin(dst, EventAck).text("nonce", string(nonce)).id("id", id).end()
}

// AppendRefused appends the frame that tells a sender that its message is not stored.
// RetryAfter is rounded up to whole seconds, so that a client that waits so long is not
// refused again.
func AppendRefused(dst []byte, r Refusal) []byte {
	f := begin(dst, EventRefused).text("nonce", string(r.Nonce)).text("code", string(r.Code)).text("detail", r.Detail)
	return fields(strconv.AppendInt(f.key("retry_after"), seconds(r.RetryAfter), 10)).end()
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
func AppendGap(dst []byte) []byte { return begin(dst, EventGap).end() }

// AppendRemoved appends the frame that says that a message was removed.
func AppendRemoved(dst []byte, id ID) []byte { return begin(dst, EventRemoved).id("id", id).end() }

// AppendLive appends the frame that ends a resumption. The cursor is the ID of the last
// message that was sent, or zero when the log is empty.
func AppendLive(dst []byte, cursor ID) []byte {
	return begin(dst, EventLive).id("cursor", cursor).end()
}

// AppendRecent appends the frame of the live index. The lists keep their order and are
// never null.
func AppendRecent(dst []byte, users, rooms []string) []byte {
	return begin(dst, EventRecent).list("users", users).list("rooms", rooms).end()
}

// fields is a frame that is being written.
type fields []byte

func begin(dst []byte, event string) fields {
	dst = append(dst, `{"event":"`...)
	dst = append(dst, event...)
	return append(dst, '"')
}

func (f fields) key(key string) fields {
	f = append(f, `,"`...)
	f = append(f, key...)
	return append(f, `":`...)
}

func (f fields) text(key, s string) fields { return appendString(f.key(key), s) }

func (f fields) id(key string, id ID) fields {
	return append(id.AppendTo(append(f.key(key), '"')), '"')
}

func (f fields) list(key string, list []string) fields {
	f = append(f.key(key), '[')
	for i, s := range list {
		if i > 0 {
			f = append(f, ',')
		}
		f = appendString(f, s)
	}
	return append(f, ']')
}

func (f fields) end() []byte { return append(f, '}') }
