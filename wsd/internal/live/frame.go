package live

import "encoding/binary"

// Opcodes of RFC 6455 section 5.2, with the FIN bit set: every frame here is
// a whole message.
const (
	opText  = 0x80 | 0x1
	opClose = 0x80 | 0x8
	opPing  = 0x80 | 0x9
)

// appendFrame appends an unmasked frame (RFC 6455 section 5.2; a server never
// masks), so that the bytes are the same for everybody.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = append(dst, 126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, 127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return append(dst, payload...)
}

// frameLen is the length, header included, of the frame that p begins with.
// p holds at least that frame, unmasked.
func frameLen(p []byte) int {
	switch n := int(p[1]); n {
	case 126:
		return 4 + int(binary.BigEndian.Uint16(p[2:]))
	case 127:
		return 10 + int(binary.BigEndian.Uint64(p[2:]))
	default:
		return 2 + n
	}
}

// wholeFrames is the length of as many frames as fit into max bytes of p, and of at least
// one. p holds whole frames only.
func wholeFrames(p []byte, max int) int {
	end := 0
	for end < len(p) {
		next := end + frameLen(p[end:])
		if end > 0 && next > max {
			break
		}
		end = next
	}
	return end
}

// closeFrame is a close frame with a status code and a reason of at most 123
// bytes (RFC 6455 section 5.5.1).
func closeFrame(code int, reason string) []byte {
	payload := binary.BigEndian.AppendUint16(nil, uint16(code))
	return appendFrame(nil, opClose, append(payload, reason[:min(len(reason), 123)]...))
}

var pingFrame = appendFrame(nil, opPing, nil)
