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
	"path/filepath"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/supervisord"
)

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
	site, s := m.public()
	if site == (origin.Origin{}) {
		r.notExamined("a message through the site", "its address is not known: neither nginx nor --public-url names it")
		return
	}
	phrase, err := m.phrase()
	if err != nil {
		r.notExamined("a message through the site", "the phrase cannot be read (%v): run chatterctl as root", err)
		return
	}
	if m.share >= fullShare {
		r.notExamined("a message through the site", "Redis is nearly full, so new names are refused")
		return
	}
	hidden := m.hideVisitor(ctx)
	took, err := m.talk(ctx, site, phrase, nil)
	if err != nil && s != nil {
		if site.Secure() && !s.tls() && errors.As(err, new(*net.OpError)) {
			r.found(talkElsewhere, fmt.Sprintf("the proxy at %s cannot be reached from here: %v", site, err), site)
			r.notExamined("a message through the site", "only its proxy can pass one on")
			return
		}
		if local := s.dial(s.tls()); local != "" && s.tls() == site.Secure() {
			var again error
			if took, again = m.talk(ctx, site, phrase, dialTo(local)); again == nil {
				r.found(talkElsewhere, fmt.Sprintf("%s cannot be reached from here: %v", site, err), site)
				err = nil
			}
		}
	}
	switch {
	case err != nil:
		r.found(talkFails, fmt.Sprintf("a message through %s does not get through: %v", site, err))
		return
	case took > slowTalk:
		r.found(talkSlow, fmt.Sprintf("a message and its way back took %v", took.Round(time.Millisecond)))
	}
	r.figure = fmt.Sprintf("a message and its way back took %v", took.Round(100*time.Microsecond))
	left := "until --retention one message in a room that no list shows"
	if hidden {
		left += fmt.Sprintf(", and for a day the name %q in Redis, hidden from the lists of guests", visitor)
	} else {
		left += fmt.Sprintf(", and for a day the name %q in the list of guests", visitor)
	}
	r.found(talkLeaves, "the talk leaves "+left)
}

// phrase returns the phrase that the site asks for, "" for none.
func (m *Machine) phrase() (string, error) {
	file := m.setting("httpd", "phrase-file")
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(m.path(file))
	return strings.TrimSpace(string(text)), err
}

// hideVisitor keeps the visitor out of the list of guests, as chatterctl hide does.
func (m *Machine) hideVisitor(ctx context.Context) bool {
	for _, p := range m.processes {
		if p.service != "httpd" || p.admin == "" {
			continue
		}
		path := "/moderation/hide?" + url.Values{"name": {visitor}}.Encode()
		if _, err := supervisord.Request(ctx, p.admin, http.MethodPost, path, ""); err == nil {
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
	ctx, cancel := context.WithTimeout(ctx, talkTime)
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
	events := make(chan string, 64)
	ended := make(chan error, 1)
	tell := func(event string) {
		select {
		case events <- event:
		default:
		}
	}
	g, err := guest.New(guest.Options{URL: site.String() + "/", Room: room, Cookie: cookie, Dial: dial, Hooks: guest.Hooks{
		CaughtUp:  func(wire.ID) { tell("live") },
		Acked:     func(guest.Entry, wire.ID) { tell("ack") },
		Delivered: func(wire.Entry) { tell("message") },
		Refused:   func(_ guest.Entry, code wire.Code) { tell("refused " + string(code)) },
		Ended: func(err error) {
			select {
			case ended <- err:
			default:
			}
		},
	}})
	if err != nil {
		return 0, err
	}
	running, leave := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = g.Run(running) }()
	defer func() { leave(guest.ErrGoodbye); <-done }()
	var said time.Time
	waiting := map[string]bool{"live": true}
	for len(waiting) > 0 {
		select {
		case event := <-events:
			if strings.HasPrefix(event, "refused") {
				return 0, errors.New("the message is " + event)
			}
			delete(waiting, event)
			if event == "live" && said.IsZero() {
				said = time.Now()
				waiting["ack"], waiting["message"] = true, true
				g.Say(code[16:])
			}
		case err := <-ended:
			return 0, fmt.Errorf("the socket ended: %w", brief(err))
		case <-ctx.Done():
			return 0, fmt.Errorf("no answer within %v", talkTime)
		}
	}
	return time.Since(said), nil
}

// brief returns an error without the address that was asked for, which the report has already.
func brief(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// hostOf returns the host of an origin without its port.
func hostOf(o origin.Origin) string {
	if host, _, err := net.SplitHostPort(o.Host); err == nil {
		return host
	}
	return strings.Trim(o.Host, "[]")
}

// commandsFor replaces supervisorctl in the fixes by the command that reaches this supervisord.
func (m *Machine) commandsFor(f *Finding) {
	if conf := m.stackConf(); conf != "" {
		f.Fix = strings.ReplaceAll(f.Fix, "supervisorctl", "supervisorctl -c "+filepath.Clean(conf))
	}
}
