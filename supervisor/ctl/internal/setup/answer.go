package setup

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// dial connects to this machine, whatever host is asked for.
func (m *Machine) dial(ctx context.Context, _, address string) (conn net.Conn, err error) {
	_, scheme, _ := net.SplitHostPort(address)
	port := map[string]string{"80": m.HTTP, "443": m.HTTPS}[scheme]
	err = errors.New("this machine has no address")
	for _, own := range m.Addresses {
		if conn, err = new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(own, port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// page is what nginx answers.
type page struct {
	status         int
	location, text string
}

// get asks nginx on this machine for a page of the site. Over https it is an error if nginx
// presents another certificate than the one that certbot has got.
func (p *plan) get(ctx context.Context, scheme, path string) (page, error) {
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true, DialContext: p.dial,
			// verify is in place of the usual check, which refuses other ACME directories.
			TLSClientConfig: &tls.Config{ServerName: p.o.Name, InsecureSkipVerify: true, VerifyConnection: p.verify},
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+p.o.Name+path, nil)
	if err != nil {
		return page{}, err
	}
	response, err := client.Do(r)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return page{response.StatusCode, response.Header.Get("Location"), string(text)}, err
}

func (p *plan) verify(state tls.ConnectionState) error {
	chain, err := p.certificates()
	if err == nil && !bytes.Equal(state.PeerCertificates[0].Raw, chain[0].Raw) {
		err = errors.New("nginx presents another certificate than the one in " + p.certificateFile())
	}
	return err
}

// servesChallenges checks that nginx serves the files by which an ACME server checks the name.
func (p *plan) servesChallenges(ctx context.Context) error {
	path := "/.well-known/acme-challenge/" + rand.Text()
	file := p.path(webroot + path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	text := rand.Text()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	defer os.Remove(file)
	got, err := p.get(ctx, "http", path)
	if err == nil && (got.status != http.StatusOK || got.text != text) {
		err = fmt.Errorf("nginx does not serve a file in %s under http://%s: status %d", webroot, p.o.Name, got.status)
	}
	return err
}

// servesHTTPS checks that nginx has begun to use the certificate.
func (p *plan) servesHTTPS(ctx context.Context) error {
	if _, err := p.get(ctx, "https", "/"); err != nil {
		return fmt.Errorf("%w; nginx says why in /var/log/nginx/error.log, and `ss -ltnp` tells which program has port 443", err)
	}
	return p.servesChallenges(ctx) // of the next renewal
}

// answersHTTP checks that guests get the first page over http.
func (p *plan) answersHTTP(ctx context.Context) error { return p.answers(ctx, "http") }

// answersHTTPS checks that guests get the first page over https, and are led there from http.
func (p *plan) answersHTTPS(ctx context.Context) error {
	if err := p.answers(ctx, "https"); err != nil {
		return err
	}
	got, err := p.get(ctx, "http", "/")
	if want := "https://" + p.o.Name + "/"; err == nil && (got.status != http.StatusMovedPermanently || got.location != want) {
		err = fmt.Errorf("http://%s/ does not lead to %s: status %d", p.o.Name, want, got.status)
	}
	return err
}

func (p *plan) answers(ctx context.Context, scheme string) error {
	got, err := p.get(ctx, scheme, "/")
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("the first page has status %d; `supervisorctl status` tells how the services are, their logs are in /var/log/chatter", got.status)
	}
	return err
}
