package wire

// Subprotocol is what a client offers that wants acks and resumption. A client
// that offers no subprotocol speaks the classic protocol.
const Subprotocol = "chatter.v1"

const (
	// MaxTextBytes bounds a message's text after trimming. A cluster has no
	// size limit of its own, so counting clusters alone would bound nothing.
	MaxTextBytes = 8 << 10

	// MaxTextClusters bounds a message as a reader counts its characters
	// (grapheme clusters, UAX #29): a long paragraph, not a book.
	MaxTextClusters = 2000

	// MaxMarks bounds combining marks in a row: more than any living script's
	// spelling needs, too few to paint over other people's lines.
	MaxMarks = 4

	// MaxFrameBytes bounds a frame from a client. The longest text with every
	// byte escaped as \uXXXX, which is six times as long, still fits.
	MaxFrameBytes = 64 << 10

	// HistoryPage is how many messages a room shows at first and how many each
	// step back in its history adds: more than a screen holds.
	HistoryPage = 50
)

// MinNonceLen and MaxNonceLen bound a nonce in characters: long enough that
// two messages never meet in one, short enough to be part of a Redis key.
const (
	MinNonceLen = 16
	MaxNonceLen = 64
)
