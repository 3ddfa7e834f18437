package socket

import "time"

// A socket may send so many bytes and frames of any kind: messages, fragments, pings,
// pongs. A page sends far less: it waits for the ack of a message before the next one.
const (
	byteRate   = 64 << 10 // per second
	byteBurst  = 256 << 10
	frameRate  = 50
	frameBurst = 200
	// A read from the network costs about as much as handling so many bytes. It counts as
	// them, so that frames that come a byte at a time are bounded too.
	leastRead = 256
)

// meter counts what a peer sends, before the WebSocket library parses it. It follows the
// frame headers (RFC 6455 section 5.2) through reads that begin and end anywhere. A header
// that is against the protocol ends the socket in the library. The zero value has counted
// nothing.
type meter struct {
	bytes, frames float32       // counted, and not yet forgotten at the rates above
	at            time.Duration // of the last count, since started

	left   uint64 // bytes of the mask and the payload that are due; in the header, its length so far
	due    uint8  // bytes of the length that are due
	second bool   // the second byte of a header is due
	masked bool
}

// started is the zero of all meters: a Duration takes a third of the memory of a Time.
var started = time.Now()

// allow counts p, one read at now. It reports false if that is too much.
func (m *meter) allow(p []byte, now time.Time) bool {
	at := now.Sub(started)
	passed := float32((at - m.at).Seconds())
	m.at = at
	m.bytes = max(0, m.bytes-passed*byteRate) + float32(max(len(p), leastRead))
	m.frames = max(0, m.frames-passed*frameRate) + float32(m.headers(p))
	return m.bytes <= byteBurst && m.frames <= frameBurst
}

// headers counts the frames that begin in p, the next bytes of the connection.
func (m *meter) headers(p []byte) (begun int) {
	for len(p) > 0 {
		if m.due == 0 && !m.second && m.left > 0 {
			n := min(m.left, uint64(len(p)))
			m.left -= n
			p = p[n:]
			continue
		}
		b := p[0]
		p = p[1:]
		switch {
		case m.second:
			m.second, m.masked = false, b&0x80 != 0
			switch length := b &^ 0x80; length {
			case 126:
				m.due = 2
			case 127:
				m.due = 8
			default:
				m.begin(uint64(length))
			}
		case m.due > 0:
			m.left = m.left<<8 | uint64(b)
			if m.due--; m.due == 0 {
				m.begin(m.left)
			}
		default:
			begun++
			m.second = true
		}
	}
	return begun
}

// begin begins the mask and a payload of length bytes.
func (m *meter) begin(length uint64) {
	m.left = length
	if m.masked {
		m.left += 4
	}
}
