package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/unixhttp"
)

var talkCheck = check{"talk", checkTalk, nothing, []kind{
	{"talk-fails", Danger, "a guest cannot talk", "supervisorctl status; tail /var/log/nginx/chatter-access.log"},
	{"talk-not-through-name", Warning, "it works on this machine but not under its name from here", "try from another network: %s"},
	{"talk-slow", Warning, "guests wait for their own messages", "chatterctl status; look for a busy disk or core"},
	{"talk-leaves", Note, "a check that talks leaves something behind", ""},
}}

const (
	// visitor is the name of the guest who talks. It is always the same, so that the lists
	// hold it once.
	visitor = "chatterctl doctor"
	// talkTime is when a talk counts as failed, slowTalk when it is slow.
	talkTime = 15 * time.Second
	slowTalk = time.Second
)

// checkTalk signs in, opens a socket in a new unlisted room, says a message and waits for its
// ack and for the message itself.
func checkTalk(ctx context.Context, m *Machine, r *result) {
	const what = "a message through the site"
	phrase, err := m.phrase()
	switch {
	case m.site == origin.Origin{}:
		r.notExamined(what, "its address is not known: neither nginx nor --public-url names it")
		return
	case err != nil:
		r.notExamined(what, "the phrase cannot be read (%v): run chatterctl as root", err)
		return
	case m.share >= fullShare:
		r.notExamined(what, "Redis is nearly full, so new names are refused")
		return
	}
	listed := "in the list of guests"
	if m.hideVisitor(ctx) {
		listed = "in Redis, hidden from the lists of guests"
	}
	took, err := m.talk(ctx, m.site, phrase, nil)
	s := m.server
	switch {
	case err == nil || s == nil:
	case m.site.Secure() && !s.tls() && errors.As(err, new(*net.OpError)):
		r.find("talk-not-through-name", "the proxy at %s cannot be reached from here: %v", m.site, err).fill(m.site)
		r.notExamined(what, "only its proxy can pass one on")
		return
	case m.site.Secure() == s.tls() && s.local() != "":
		tookLocally, errLocally := m.talk(ctx, m.site, phrase, dialTo(s.local()))
		if errLocally == nil {
			r.find("talk-not-through-name", "%s cannot be reached from here: %v", m.site, err).fill(m.site)
			took, err = tookLocally, nil
		}
	}
	if err != nil {
		r.find("talk-fails", "a message through %s does not get through: %v", m.site, err)
		return
	}
	if took > slowTalk {
		r.find("talk-slow", "a message and its way back took %v", took.Round(time.Millisecond))
	}
	r.figure = fmt.Sprintf("a message and its way back took %v", took.Round(100*time.Microsecond))
	r.find("talk-leaves", "the talk leaves until --retention one message in a room that no list shows, and for a day the name %q %s", visitor, listed)
}

// phrase returns the phrase that the site asks for, "" for none.
func (m *Machine) phrase() (string, error) {
	file := m.setting("phrase-file")
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(m.path(file))
	return strings.TrimSpace(string(text)), err
}

// hideVisitor keeps the visitor out of the list of guests, as chatterctl hide does.
func (m *Machine) hideVisitor(ctx context.Context) bool {
	for _, p := range m.processes {
		if p.Service != "httpd" || p.Socket == "" {
			continue
		}
		form := url.Values{"name": {visitor}}.Encode()
		if _, err := unixhttp.Post(ctx, p.Socket, "/moderation/hide", "application/x-www-form-urlencoded", form); err == nil {
			return true
		}
	}
	return false
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// dialTo connects to one address, whatever is asked for.
func dialTo(address string) dialer {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

// talk says one message and returns how long it took until it was back. dial is nil for the
// system's way to the site.
func talk(ctx context.Context, site origin.Origin, phrase string, dial dialer) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, talkTime, fmt.Errorf("no answer within %v", talkTime))
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	cookie, err := guest.SignInPrivately(ctx, client, site.String(), visitor, phrase)
	if err != nil {
		return 0, brief(err)
	}
	code := strings.ToLower(rand.Text())
	room, err := name.ParseRoom("~" + code[:16])
	if err != nil {
		return 0, err
	}
	ctx, end := context.WithCancelCause(ctx)
	var sent time.Time
	var acked, delivered bool
	arrive := func(what *bool) {
		*what = true
		if acked && delivered {
			took = time.Since(sent)
			end(guest.ErrGoodbye)
		}
	}
	g, err := guest.New(guest.Options{URL: site.String() + "/", Room: room, Cookie: cookie, Dial: dial, Hooks: guest.Hooks{
		Sent:      func(guest.Entry) { sent = time.Now() },
		Acked:     func(guest.Entry, wire.ID) { arrive(&acked) },
		Delivered: func(wire.Entry) { arrive(&delivered) },
		Refused:   func(_ guest.Entry, code wire.Code) { end(fmt.Errorf("the message is refused %s", code)) },
		Ended:     func(err error) { end(fmt.Errorf("the socket ended: %w", brief(err))) },
	}})
	if err != nil {
		return 0, err
	}
	g.Say(code[16:])
	_ = g.Run(ctx) // its error is the cause, too
	if cause := context.Cause(ctx); cause != guest.ErrGoodbye {
		return 0, cause
	}
	return took, nil
}
