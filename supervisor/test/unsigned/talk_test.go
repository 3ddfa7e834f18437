package unsigned_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/run/stack"

	"github.com/google/go-cmp/cmp"
)

// A word of each name is enough to find it again however it was written down.
const (
	annWord, benWord, eveWord = "Quillon", "Ravenna", "Thessaly"
	roomWord                  = "Mirabell"

	room = roomWord + " é?" // what an address has to escape
	// interval is longer than a talk. The presence of an interval that is over is known.
	interval = time.Hour

	bystander = "Moe"
	elsewhere = "yard"
)

var (
	roomPath   = "/chat/" + url.PathEscape(room) + "/"
	socketPath = "/ws" + roomPath
)

// services are the processes that handle what guests say.
var services = []string{"httpd:httpd_0", "httpd:httpd_1", "wsd:wsd_0", "wsd:wsd_1"}

// talk is two guests who talk in a room, while a third listens.
type talk struct {
	t     *testing.T
	site  *stack.Stack
	redis *raw

	guests [2]*guest // by place in the script: swapped, they change places
	rooms  [2]*socket
	forms  [2]string // the nonce of the form that each has before them
	third  *listener

	// moderated says that the operator mutes the second guest at the end.
	moderated bool

	said     []string // the texts that were stored
	nonces   []string
	unstored []string // of nonces, those of what was refused
}

// sit signs in the three and has them enter the room, always in the same order.
func sit(t *testing.T, s *stack.Stack, swapped bool) *talk {
	t.Helper()
	keys, err := session.LoadKeys(s.Dir() + "/secret")
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{t: t, site: s, redis: dialRedis(t, s.RedisSocket())}
	k.redis.awaitRewrite()
	ann := newGuest(t, s, keys, annWord+" ö", "127.41.0.101")
	ben := newGuest(t, s, keys, benWord, "127.41.0.102")
	eve := newGuest(t, s, keys, eveWord, "127.41.0.103")
	k.guests = [2]*guest{ann, ben}
	for i, g := range k.guests {
		k.forms[i] = nonceOf(g.get(roomPath).want(http.StatusOK))
		k.rooms[i] = g.open(socketPath+"?since=0", wire.Subprotocol)
		k.rooms[i].until(func(e wire.Event) bool { return e.Event == "live" })
	}
	k.makeOld()
	k.third = listen(eve)
	if swapped {
		slices.Reverse(k.guests[:])
		slices.Reverse(k.rooms[:])
		slices.Reverse(k.forms[:])
	}
	return k
}

// makeOld lists all guests and rooms, each in an interval of its own with somebody
// else's between them, so that a name or a room that moves would show.
func (k *talk) makeOld() {
	now := time.Now().Truncate(interval)
	for i, line := range []struct{ key, name string }{
		{"users", eveWord}, {"users", annWord + " ö"}, {"users", bystander}, {"users", benWord},
		{"rooms", elsewhere + " 1"}, {"rooms", room}, {"rooms", elsewhere + " 2"},
	} {
		at := now.Add(-time.Duration(10-i) * interval).Unix()
		k.redis.do("ZADD", "chatter:recent:"+line.key, strconv.FormatInt(at, 10), line.name)
	}
}

// visits is when everybody was last here, and when each room was used.
func (k *talk) visits() []string {
	users := k.redis.flat("ZRANGE", "chatter:recent:users", "0", "-1", "WITHSCORES")
	return append(users, k.redis.flat("ZRANGE", "chatter:recent:rooms", "0", "-1", "WITHSCORES")...)
}

// play goes through the script. After each step the third guest looks at everything,
// and nobody may have moved.
func (k *talk) play() {
	k.t.Helper()
	before := k.visits()
	steps := []func(){
		func() { k.say(0, "tabasco by socket") },
		func() { k.post(1, "tabasco by form") },
		func() { k.say(1, "tabasco & <b>more</b> by the other's socket") },
		func() { k.post(0, "tabasco by the other's form\nin two lines") },
		func() { k.refused(0); k.say(0, "tabasco after a refusal") },
		func() { k.refusedForm(1); k.post(1, "tabasco after a refused form") },
		func() { k.dropAndRetry(1, "tabasco said twice") },
		func() { k.postTwice(0, "tabasco sent twice") },
		func() { k.say(1, "tabasco 1"); k.say(1, "tabasco 2"); k.post(0, "tabasco 3"); k.say(0, "tabasco 4") },
	}
	if k.moderated {
		steps = append(steps, k.mute)
	}
	for i, step := range steps {
		step()
		k.third.hear(len(k.said))
		k.third.look()
		if diff := cmp.Diff(before, k.visits()); diff != "" {
			k.t.Errorf("step %d moved somebody in the recents (-before +after):\n%s", i, diff)
		}
	}
	k.third.end(k)
}

func (k *talk) say(who int, text string) {
	k.t.Helper()
	k.sayAs(who, text, k.nonce())
	k.said = append(k.said, text)
}

func (k *talk) sayAs(who int, text string, nonce wire.Nonce) {
	k.t.Helper()
	if e := k.rooms[who].say(text, nonce); e.Event != "ack" {
		k.t.Fatalf("saying %q: %+v", text, e)
	}
}

func (k *talk) nonce() wire.Nonce {
	n := wire.NewNonce()
	k.nonces = append(k.nonces, string(n))
	return n
}

// post says something as a browser without scripts does: the form, and the page after.
func (k *talk) post(who int, text string) {
	k.t.Helper()
	k.follow(who, k.submit(who, text))
	k.said = append(k.said, text)
}

func (k *talk) submit(who int, text string) answer {
	k.t.Helper()
	k.nonces = append(k.nonces, k.forms[who])
	return k.guests[who].post(roomPath, url.Values{"message": {text}, "nonce": {k.forms[who]}})
}

func (k *talk) follow(who int, a answer) {
	k.t.Helper()
	page := k.guests[who].get(a.want(http.StatusSeeOther).header.Get("Location")).want(http.StatusOK)
	k.forms[who] = nonceOf(page)
}

func (k *talk) postTwice(who int, text string) {
	k.t.Helper()
	k.submit(who, text).want(http.StatusSeeOther)
	k.post(who, text)
}

func (k *talk) refused(who int) {
	k.t.Helper()
	nonce := k.nonce()
	k.unstored = append(k.unstored, string(nonce))
	if e := k.rooms[who].say(" ", nonce); e.Code != wire.CodeEmpty {
		k.t.Fatalf("saying nothing: %+v", e)
	}
}

func (k *talk) refusedForm(who int) {
	k.t.Helper()
	k.forms[who] = nonceOf(k.submit(who, " ").want(http.StatusUnprocessableEntity))
}

// dropAndRetry loses the socket before the ack is read, and sends it again over a new
// one.
func (k *talk) dropAndRetry(who int, text string) {
	k.t.Helper()
	nonce := k.nonce()
	k.sayAs(who, text, nonce)
	k.rooms[who].conn.CloseNow()
	k.rooms[who] = k.guests[who].open(fmt.Sprintf("%s?since=%s", socketPath, k.lastID()), wire.Subprotocol)
	k.sayAs(who, text, nonce)
	k.said = append(k.said, text)
}

func (k *talk) lastID() string {
	return k.redis.flat("XREVRANGE", k.logKey(), "+", "-", "COUNT", "1")[0]
}

func (k *talk) logKey() string {
	for _, key := range k.redis.flat("KEYS", "chatter:room:*:log") {
		return key
	}
	k.t.Fatal("there is no log")
	return ""
}
