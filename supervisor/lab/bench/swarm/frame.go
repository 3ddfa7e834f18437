package swarm

import "encoding/binary"

// Opcodes of RFC 6455 section 5.2.
const OpContinuation, OpText, OpClose, OpPing, OpPong = 0x0, 0x1, 0x8, 0x9, 0xa

// AppendFrame appends a frame as a client sends it; fin marks the last frame of a message. All
// bytes of its mask are zero: the server unmasks the frame as any other, and the client saves the
// work.
func AppendFrame(dst []byte, fin bool, op byte, payload []byte) []byte {
	const masked, finBit = 0x80, 0x80
	if fin {
		op |= finBit
	}
	dst = append(dst, op)
	if len(payload) < 126 {
		dst = append(dst, masked|byte(len(payload)))
	} else {
		dst = append(dst, masked|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(payload)))
	}
	dst = append(dst, 0, 0, 0, 0)
	return append(dst, payload...)
}

// ParseHeader returns the sizes of a frame's payload and of its header, mask included. The
// header is 0 if it is not whole.
func ParseHeader(p []byte) (size, header int) {
	if len(p) < 2 {
		return 0, 0
	}
	header = 2 + int(p[1]>>7)*4
	switch size = int(p[1] & 0x7f); {
	case size < 126:
		return size, header
	case size == 126 && len(p) >= 4:
		return int(binary.BigEndian.Uint16(p[2:])), header + 2
	case size == 127 && len(p) >= 10:
		return int(binary.BigEndian.Uint64(p[2:])), header + 8
	}
	return 0, 0
}
