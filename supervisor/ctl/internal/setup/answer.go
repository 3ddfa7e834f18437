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

// client asks nginx on this machine.
func (p *plan) client() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true, DialContext: p.dial,
			// verify is in place of the usual check, which refuses other ACME directories.
			TLSClientConfig: &tls.Config{ServerName: p.o.Name, InsecureSkipVerify: true, VerifyConnection: p.verify},
		},
	}
}

// verify checks that nginx presents the certificate that certbot has got.
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
	return get(ctx, p.client(), "http://"+p.o.Name+path, func(status int, _ http.Header, got string) error {
		if status != http.StatusOK || got != text {
			return fmt.Errorf("nginx does not serve a file in %s under http://%s: status %d", webroot, p.o.Name, status)
		}
		return nil
	})
}

// servesHTTPS checks that nginx has begun to use the certificate.
func (p *plan) servesHTTPS(ctx context.Context) error {
	err := get(ctx, p.client(), "https://"+p.o.Name+"/", func(int, http.Header, string) error { return nil })
	if err != nil {
		return fmt.Errorf("%w; nginx says why in /var/log/nginx/error.log, and `ss -ltnp` tells which program has port 443", err)
	}
	return p.servesChallenges(ctx) // of the next renewal
}

func (p *plan) answersHTTP(ctx context.Context) error {
	return get(ctx, p.client(), "http://"+p.o.Name+"/", wantPage)
}

func (p *plan) answersHTTPS(ctx context.Context) error {
	if err := get(ctx, p.client(), "https://"+p.o.Name+"/", wantPage); err != nil {
		return err
	}
	return get(ctx, p.client(), "http://"+p.o.Name+"/", func(status int, header http.Header, _ string) error {
		if want := "https://" + p.o.Name + "/"; status != http.StatusMovedPermanently || header.Get("Location") != want {
			return fmt.Errorf("http://%s/ does not lead to %s: status %d", p.o.Name, want, status)
		}
		return nil
	})
}

func wantPage(status int, _ http.Header, _ string) error {
	if status != http.StatusOK {
		return fmt.Errorf("the first page has status %d; `supervisorctl status` tells how the services are, their logs are in /var/log/chatter", status)
	}
	return nil
}

// get asks for a page and has check judge the answer.
func get(ctx context.Context, client *http.Client, url string, check func(status int, header http.Header, text string) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	return check(response.StatusCode, response.Header, string(text))
}
