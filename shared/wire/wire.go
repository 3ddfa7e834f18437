// Package wire is the protocol between browsers and the WebSocket service. Neither side owns
// it: the service and Go clients write and read frames with it, and the Go and the JavaScript
// tests both read the golden frames in testdata. It knows bytes and limits; it must not know
// Redis, sockets or sessions.
//
// # Flow
//
// A room is at /ws/chat/NAME/?since=CURSOR, NAME percent-encoded. A client that
// offers the subprotocol [Subprotocol] goes through this:
//
//	client                                        server
//	  GET /ws/chat/tea/?since=1700000000000-0  ──►
//	                                           ◄──  {"event":"message",...}   the messages since then, oldest first
//	                                           ◄──  {"event":"message",...}
//	                                           ◄──  {"event":"live",...}      from here on it is live
//	  {"command":"new_message",...}            ──►
//	                                           ◄──  {"event":"message",...}   to everyone in the room, in the log's order
//	                                           ◄──  {"event":"ack",...}       to the sender alone
//
// The message and the ack of a client's own message come in no fixed order.
//
// CURSOR is the ID of the last message that the client has, or 0 when it has none. With 0
// the server begins with the newest [HistoryPage] messages. With any other cursor it sends
// every later message. If it cannot prove that no message is missing, it first sends a gap
// and then the newest HistoryPage messages. A gap may also come later, when Redis has lost
// data. In both cases the client must show that messages may be missing. A live event ends
// the messages that were sent for the cursor.
//
// # Frames
//
// Every frame is a WebSocket text frame with one JSON object. Receivers ignore
// keys they do not know. The frames of a client, at most [MaxFrameBytes] each:
//
//	{"command":"new_message","message":TEXT,"nonce":NONCE}
//
// [ParseText] accepts TEXT, and [ParseNonce] accepts NONCE. NONCE is random and the same
// whenever the client sends the message again, so that it is stored once. A client keeps a
// message until it is acked or refused for good, and sends it again after a reconnect. An
// empty TEXT is refused without further effect: a client that cannot see the server's pings
// sends one to find out whether its socket is alive.
//
// The frames of a server, keys in this order:
//
//	{"event":"message","id":ID,"message":TEXT}
//	{"event":"ack","nonce":NONCE,"id":ID}
//	{"event":"refused","nonce":NONCE,"code":CODE,"detail":TEXT,"retry_after":SECONDS}
//	{"event":"removed","id":ID}
//	{"event":"gap"}
//	{"event":"live","cursor":ID}
//
// A message's bytes are the same for everybody, so that they do not tell the author. An ack
// means that the message is stored under ID, now or earlier. A refusal means that it is not
// stored; its nonce is "" when the server could not read one. CODE is one of the [Code]
// constants. After rate_limited and unavailable the client sends the same frame again when
// SECONDS have passed; after the others it would be refused again. ID is a Redis stream ID,
// two unsigned 64-bit numbers "milliseconds-sequence" ([ID]): do not read them into floating
// point numbers. The cursor of an empty log is 0-0.
//
// A removed event names a message that the operator has taken away; the client no longer shows
// it. After a live event come those for the messages that were removed since the time of
// CURSOR or shortly before, which the client may have or not.
//
// The index is at /ws/index/, where a client sends no frames. When the lists have changed, it
// receives
//
//	{"event":"recent","users":[NAME,...],"rooms":[NAME,...]}
//
// # Classic protocol
//
// A client that offers no subprotocol is treated as one of the original Chatter. It may send
//
//	{"command":"new_message","message":TEXT}
//	{"message":TEXT}
//
// and receives message events only, from the moment it joins or, with since, from there on.
// A refused message is dropped without an answer. Removed messages are not
// sent any more, but such a client is not told of them.
//
// # Closing
//
// The [CloseCode] constants document the codes. A close reason of the form
// retry=MILLISECONDS ([RetryReason]) asks the client to reconnect after that delay. The
// server picks it for each client, so that thousands do not reconnect at once. After a
// connection that ends without a close frame, the client reconnects with a backoff of its
// own. Clients resume with the ID of the last message that they received.
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
