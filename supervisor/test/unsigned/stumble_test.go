package unsigned_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/test/fixture"
)

// forged is an address that a guest claims to have.
const forged = "198.51.100.77"

// storedNonce is what Redis may know of a nonce: a hash, which has one shape for the nonces
// of all clients.
func storedNonce(nonce string) string {
	sum := sha256.Sum256([]byte(nonce))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// secrets are the words by which everything that was said, and by whom, can be found.
func (k *talk) secrets() secrets {
	words := secrets{
		guests: []string{annWord, benWord, eveWord},
		rooms:  []string{roomWord},
		talk:   []string{"tabasco"},
		traces: []string{forged},
	}
	for _, g := range append(k.guests[:], k.third.guest) {
		words.traces = append(words.traces, g.session, g.address)
		for _, value := range g.cookies(roomPath) {
			// The session's cookie: its beginning tells it from all others. The other
			// cookie's value says nothing.
			if len(value) > 40 {
				words.traces = append(words.traces, value[:40])
			}
		}
	}
	for _, nonce := range k.nonces {
		words.talk = append(words.talk, storedNonce(nonce))
	}
	// The shape of a nonce tells which client made it, so it must be nowhere.
	words.traces = append(words.traces, k.nonces...)
	ids := k.redis.flat("XRANGE", k.logKey(), "-", "+")
	for entry := range slices.Chunk(ids, 3) {
		words.talk = append(words.talk, entry[0])
	}
	return words
}

// stumble does what makes services and servers complain.
func (k *talk) stumble() {
	k.t.Helper()
	k.badRequests()
	k.badFrames()
	k.withoutRedis()
	k.restarts()
}

// badRequests are answered by nginx or by httpd with one error or another.
func (k *talk) badRequests() {
	k.t.Helper()
	g := k.guests[0]
	long := strings.Repeat("tabasco ", 20<<10)
	g.post(roomPath, url.Values{"message": {long}}).want(http.StatusRequestEntityTooLarge)
	g.post(roomPath, url.Values{"message": {long[:20<<10]}, "nonce": {k.forms[0]}}).want(http.StatusUnprocessableEntity)
	g.post(roomPath, url.Values{"message": {"tabasco"}}).want(http.StatusUnprocessableEntity)
	g.do(http.MethodPut, roomPath, url.Values{"message": {"tabasco"}}).want(http.StatusMethodNotAllowed)
	g.get(roomPath + "tabasco").want(http.StatusNotFound)
	g.get("/chat/" + roomWord + "%2F" + annWord + "/").want(http.StatusNotFound)
	g.get(roomPath + "messages/?before=tabasco").want(http.StatusBadRequest)
	g.get("/chat/?room=" + roomWord + "%2F").want(http.StatusUnprocessableEntity)
	g.post("/index/", url.Values{"user": {annWord + "/" + annWord}}).want(http.StatusUnprocessableEntity)
	// No browser sends these: another origin, a claimed address, what is no HTTP.
	for _, lines := range []string{
		"POST " + roomPath + " HTTP/1.1\r\nHost: x\r\nOrigin: https://" + roomWord + ".example\r\nX-Forwarded-For: " + forged + "\r\nX-Real-IP: " + forged + "\r\nContent-Length: 0\r\n",
		"GET " + socketPath + " HTTP/1.1\r\nHost: x\r\nOrigin: https://" + roomWord + ".example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"GET " + roomPath + " HTTP/1.1\r\n" + annWord + "\r\n",
		annWord + " " + roomPath + " HTTP/1.1\r\nHost: " + annWord + "\r\n",
		"GET " + roomPath + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + annWord + "\r\n",
	} {
		k.sendRaw(g, lines+"Connection: close\r\nCookie: chatter="+g.cookies("/")[0]+"\r\n\r\n")
	}
}

// sendRaw sends bytes to nginx from the guest's address and reads all that comes back.
func (k *talk) sendRaw(g *guest, text string) {
	k.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(g.address)}}
	conn, err := dialer.DialContext(k.t.Context(), "tcp", k.site.Addr())
	if err != nil {
		k.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(fixture.HangLimit))
	if _, err := io.WriteString(conn, text); err != nil {
		k.t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || len(answer) == 0 {
		k.t.Fatalf("%q: %q, %v", text, answer, err)
	}
}

// badFrames are refused by wsd, or end the socket.
func (k *talk) badFrames() {
	k.t.Helper()
	g := k.guests[1]
	refused := func(e wire.Event) bool { return e.Event == "refused" }
	for _, frame := range []string{`{"command":"tabasco"}`, `{"tabasco":`, `{"command":"new_message","message":"tabasco","nonce":"tabasco"}`} {
		k.rooms[1].send(frame)
		k.rooms[1].until(refused)
	}
	ended := func(s *socket) {
		k.t.Helper()
		for {
			if _, err := s.read(); err != nil {
				return
			}
		}
	}
	large := g.open(socketPath, wire.Subprotocol)
	large.write(strings.Repeat("tabasco ", 10<<10)) // It may be closed before it is all there.
	ended(large)
	ended(g.open("/ws/chat/"+roomWord+"%2F/", wire.Subprotocol))
	flood := g.open(socketPath, wire.Subprotocol)
	for flood.write(`{"command":"tabasco"}`) == nil {
		// Until it is closed.
	}
	ended(flood)
}

// withoutRedis has both services fail to store what is said, until Redis is back.
func (k *talk) withoutRedis() {
	k.t.Helper()
	k.ctl("stop", "redis")
	k.rooms[0] = k.guests[0].open(socketPath, wire.Subprotocol)
	nonce := k.nonce()
	if e := k.rooms[0].say("tabasco without redis", nonce); e.Code != wire.CodeUnavailable {
		k.t.Errorf("saying without redis: %+v", e)
	}
	k.forms[1] = nonceOf(k.submit(1, "tabasco without redis").want(http.StatusServiceUnavailable))
	k.guests[1].get("/index/").want(http.StatusServiceUnavailable)
	k.ctl("start", "redis")
	k.redis = dialRedis(k.t, k.site.RedisSocket())
	var e wire.Event
	fixture.Await(k.t, "what was said without redis is stored", func() bool {
		// It is refused again for as long as wsd takes to find Redis. A guest who does not
		// wait as long as it is told is closed.
		<-time.After(time.Duration(e.RetryAfter) * time.Second)
		e = k.rooms[0].say("tabasco without redis", nonce)
		if e.Event != "ack" && e.Code != wire.CodeUnavailable && e.Code != wire.CodeRateLimited {
			k.t.Fatalf("saying with redis again: %+v", e)
		}
		return e.Event == "ack"
	}, func() string { return fmt.Sprintf("the last answer is %+v", e) })
	k.follow(1, k.submit(1, "tabasco without redis by form"))
}

// away are nginx's answers while a service is away: it refuses connections, or, while a slow
// machine stops it, it has not taken one in time.
var away = []int{http.StatusBadGateway, http.StatusGatewayTimeout}

// restarts ends processes in every way, while sockets are open, and asks for pages that
// nobody serves meanwhile.
func (k *talk) restarts() {
	k.t.Helper()
	killed := map[string]int{}
	for _, p := range []string{"httpd:httpd_0", "wsd:wsd_0", "nginx"} {
		pid, err := k.site.Kill(k.t.Context(), p, syscall.SIGKILL)
		if err != nil {
			k.t.Error(err)
		}
		killed[p] = pid
	}
	for p, before := range killed {
		fixture.Await(k.t, p+" runs again", func() bool {
			now, err := k.site.Pid(k.t.Context(), p)
			return err == nil && now != before
		})
	}
	k.ctl("signal", "HUP", "wsd:*")
	k.ctl("stop", "httpd:*")
	var told string
	fixture.Await(k.t, "the page of nginx that retries", func() bool {
		resp, err := k.guests[0].client.Get(k.guests[0].url(roomPath))
		if err != nil {
			told = err.Error()
			return false
		}
		resp.Body.Close()
		told = resp.Status
		return slices.Contains(away, resp.StatusCode)
	}, func() string { return "the last answer is " + told })
	k.guests[0].post(roomPath, url.Values{"message": {"tabasco"}}).want(away...)
	k.ctl("start", "httpd:*")
	k.ctl("restart", "wsd:*")
	k.ctl("signal", "HUP", "nginx")
	fixture.Await(k.t, "pages are shown again", func() bool { return k.guests[0].get(roomPath).status == http.StatusOK })
}

func (k *talk) ctl(args ...string) {
	k.t.Helper()
	if out, err := k.site.Ctl(k.t.Context(), args...); err != nil {
		k.t.Fatalf("%v: %s", err, out)
	}
}

// metrics reads what a process tells of itself; that is kept too, elsewhere.
func metrics(t *testing.T, socket string) string {
	t.Helper()
	return admin(t, socket, "/metrics")
}

// admin returns a page of a service's admin listener.
func admin(t *testing.T, socket, path string) string {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	var text []byte
	fixture.Await(t, path+" of "+socket, func() bool {
		resp, err := (&http.Client{Transport: transport, Timeout: fixture.HangLimit}).Get("http://admin" + path)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, err = io.ReadAll(resp.Body)
		return err == nil && resp.StatusCode == http.StatusOK
	})
	return string(text)
}
