package live

import (
	"encoding/binary"

	"chatter/shared/wire"
)

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

// closeFrame is a close frame with a status code and a reason of at most 123
// bytes (RFC 6455 section 5.5.1).
func closeFrame(code wire.CloseCode, reason string) []byte {
	payload := binary.BigEndian.AppendUint16(nil, uint16(code))
	return appendFrame(nil, opClose, append(payload, reason[:min(len(reason), 123)]...))
}

var pingFrame = appendFrame(nil, opPing, nil)
