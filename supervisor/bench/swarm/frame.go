package swarm

import "encoding/binary"

// Opcodes of RFC 6455 section 5.2.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xa
)

// AppendText appends a text frame as a client sends it. Its mask is all zeros: the
// server undoes it as it would any other, and nothing is spent on it here.
func AppendText(dst, payload []byte) []byte { return appendFrame(dst, opText, payload) }

func appendFrame(dst []byte, op byte, payload []byte) []byte {
	const masked, fin = 0x80, 0x80
	dst = append(dst, fin|op)
	if len(payload) < 126 {
		dst = append(dst, masked|byte(len(payload)))
	} else {
		dst = append(dst, masked|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(payload)))
	}
	dst = append(dst, 0, 0, 0, 0)
	return append(dst, payload...)
}

// take handles the whole frames in p and keeps the rest.
func (s *Swarm) take(c *Client, p []byte) {
	for {
		size, header := payloadOf(p)
		if header == 0 || len(p) < header+size {
			c.rest = append(c.rest[:0], p...)
			return
		}
		payload := p[header : header+size]
		switch p[0] & 0x0f {
		case opText:
			s.Frame(c, payload)
		case opPing:
			s.Pings++
			_ = s.Send(c, appendFrame(nil, opPong, payload))
		case opClose:
			code := 0
			if len(payload) >= 2 {
				code = int(binary.BigEndian.Uint16(payload))
			}
			s.end(c, code)
			return
		}
		p = p[header+size:]
	}
}

// payloadOf reads a frame's header. header is 0 when it has not come whole. A server
// does not mask.
func payloadOf(p []byte) (size, header int) {
	if len(p) < 2 {
		return 0, 0
	}
	switch size = int(p[1]); {
	case size < 126:
		return size, 2
	case size == 126 && len(p) >= 4:
		return int(binary.BigEndian.Uint16(p[2:])), 4
	case size == 127 && len(p) >= 10:
		return int(binary.BigEndian.Uint64(p[2:])), 10
	}
	return 0, 0
}
