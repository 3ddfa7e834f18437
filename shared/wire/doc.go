// Package wire is what browsers and the WebSocket service say to each other.
// Neither side owns it: the service builds and reads frames with it, Go clients
// do, and testdata holds golden frames that the Go and the JavaScript tests both
// read. It knows bytes and limits; it must not know Redis, sockets or sessions.
//
// # Flow
//
// A room is at /ws/chat/NAME/?since=CURSOR, NAME percent-encoded. A client that
// offers the subprotocol [Subprotocol] goes through this:
//
//	client                                        server
//	  GET /ws/chat/tea/?since=1700000000000-0  ──►
//	                                           ◄──  {"event":"message",...}   what was said since, oldest first
//	                                           ◄──  {"event":"message",...}
//	                                           ◄──  {"event":"live",...}      from here on it is live
//	  {"command":"new_message",...}            ──►
//	                                           ◄──  {"event":"message",...}   to everyone in the room, in the log's order
//	                                           ◄──  {"event":"ack",...}       to the sender alone
//
// The message and the ack of what a client said come in no fixed order.
//
// CURSOR is the ID of the last message that the client has, or 0 when it has
// none. With 0 the server begins with the newest [HistoryPage] messages. With
// any other cursor it sends every later message; when it cannot prove that
// those are all, it first sends a gap and then the newest HistoryPage messages.
// A gap may also come later, when Redis has lost data: in both cases the client
// must show that messages may be missing. A live event ends what was sent for
// the cursor.
//
// # Frames
//
// Every frame is a WebSocket text frame with one JSON object. Receivers ignore
// keys they do not know. The frames of a client, at most [MaxFrameBytes] each:
//
//	{"command":"new_message","message":TEXT,"nonce":NONCE}
//
// TEXT is what [ParseText] takes. NONCE is random, what [ParseNonce] takes, and
// the same whenever the client sends the message again: it is stored once. A
// client keeps a message until it is acked or refused for good, and sends it
// again after a reconnect. An empty TEXT is refused and does no harm: a client
// that cannot see the server's pings finds out by it whether its socket is alive.
//
// The frames of a server, keys in this order:
//
//	{"event":"message","id":ID,"message":TEXT}
//	{"event":"ack","nonce":NONCE,"id":ID}
//	{"event":"refused","nonce":NONCE,"code":CODE,"detail":TEXT,"retry_after":SECONDS}
//	{"event":"gap"}
//	{"event":"live","cursor":ID}
//
// A message's bytes are the same for everybody, so that nothing tells who wrote
// it. An ack means that the message is stored under ID, before or now. A
// refusal means that it is not; its nonce is "" when the server could not read
// one. CODE is one of the [Code] constants: after rate_limited and unavailable
// the client sends the same frame again when SECONDS have passed, after the
// others it would only be refused again. ID is a Redis stream ID, two unsigned
// 64-bit numbers "milliseconds-sequence" ([ID]): do not read them into floating
// point numbers. The cursor of an empty log is 0-0.
//
// The index is at /ws/index/, where a client says nothing and gets, when
// something changed,
//
//	{"event":"recent","users":[NAME,...],"rooms":[NAME,...]}
//
// # Classic protocol
//
// A client that offers no subprotocol is taken for one of the original Chatter.
// It may send
//
//	{"command":"new_message","message":TEXT}
//	{"message":TEXT}
//
// and gets message events only, from the moment it joins or, with since, from
// there on. What is refused is dropped without a word.
//
// # Closing
//
// The [CloseCode] constants say what each code means. A close reason of the
// form retry=MILLISECONDS ([RetryReason]) asks the client to reconnect after
// that delay, which the server picks for each client, so that thousands come
// back spread out. A connection that ends without a close frame is to be taken
// up again with the client's own backoff. Clients resume with the ID of the last
// message that they got.
package wire
