package wire

// Subprotocol is the WebSocket subprotocol with acks and resumption. A client that offers no
// subprotocol speaks the classic protocol.
const Subprotocol = "chatter.v1"

const (
	// MaxTextBytes bounds a message's text after trimming. A cluster has no
	// size limit of its own, so counting clusters alone would bound nothing.
	MaxTextBytes = 8 << 10

	// MaxTextClusters bounds a message as a reader counts its characters
	// (grapheme clusters, UAX #29): about a page.
	MaxTextClusters = 2000

	// MaxFrameBytes bounds a frame from a client. The longest text with every
	// byte escaped as \uXXXX, which is six times as long, still fits.
	MaxFrameBytes = 64 << 10

	// HistoryPage is the number of messages that a room shows at first, and that each
	// step back in its history adds: more than fit on a screen.
	HistoryPage = 50
)

// MinNonceLen and MaxNonceLen bound a nonce in characters: long enough that two messages
// never have the same, short enough to be part of a Redis key.
const (
	MinNonceLen = 16
	MaxNonceLen = 64
)
