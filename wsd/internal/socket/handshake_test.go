package socket

import (
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"chatter/shared/wire"
)

// keyed is a client's text frame, masked with key (RFC 6455 section 5.3).
func keyed(text string, key [4]byte) []byte {
	frame := []byte{0x81, 0x80 | 126, 0, 0, key[0], key[1], key[2], key[3]}
	binary.BigEndian.PutUint16(frame[2:], uint16(len(text)))
	for i := range len(text) {
		frame = append(frame, text[i]^key[i%4])
	}
	return frame
}

func saying(text string) string {
	return `{"command":"new_message","message":"` + text + `","nonce":"` + string(wire.NewNonce()) + `"}`
}

// A client need not wait for the answer to its handshake before it says something, and a
// proxy may pass both on in one piece, or torn anywhere.
func TestHandshake_MayComeTogetherWithFrames(t *testing.T) {
	whole := func() []byte { return keyed(saying("whole"), [4]byte{1, 2, 3, 4}) }
	const half = 8 + 40 // of a frame: its header and a part of its text
	// The key is such that the second half begins with what would be a whole pong
	// where a frame begins.
	torn := func() []byte {
		text := saying("torn")
		return keyed(text, [4]byte{text[40] ^ pong[0], text[41] ^ pong[1], 5, 6})
	}
	for _, tt := range []struct {
		name   string
		frames []byte
		early  int // how many bytes of them come with the handshake, if there are so many
		want   []string
	}{
		{"a frame", whole(), 1000, []string{"whole"}},
		{"two frames", slices.Concat(whole(), whole()), 1000, []string{"whole", "whole"}},
		{"a frame after a pong", slices.Concat(pong, whole()), 1000, []string{"whole"}},
		{"half a frame", torn(), half, []string{"torn"}},
		{"a byte of a frame", whole(), 1, []string{"whole"}},
		{"a frame and a half", slices.Concat(whole(), torn()), len(whole()) + half, []string{"whole", "torn"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			other := f.dial("/ws/chat/room/?since=0")
			other.until("live")
			c := dialUnix(t, unixServer(t, f.server))
			early := min(tt.early, len(tt.frames))
			upgrade(t, c, slices.Concat(handshake(t, f, "/ws/chat/room/?since=0"), tt.frames[:early]))
			if _, err := c.Write(tt.frames[early:]); err != nil {
				t.Fatal(err)
			}
			if got := other.messages(len(tt.want)); !slices.Equal(got, tt.want) {
				t.Errorf("the room heard %q, want %q", got, tt.want)
			}
		})
	}
}

// A page asks before it opens a socket, and nginx answers 502 in the place of a wsd that is away.
func TestServer_SaysThatItIsThere(t *testing.T) {
	f := newFixture(t)
	r := httptest.NewRecorder()
	f.server.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/ws", nil))
	if r.Code != http.StatusNoContent {
		t.Errorf("status %d", r.Code)
	}
}
