package https_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"testing"

	"chatter/supervisor/test/fixture"

	"github.com/google/go-cmp/cmp"
)

// wantTLS checks the settings of each server{} with TLS, the one that refuses included: nginx
// takes the versions from it before it knows the name that a client asks for.
func (m *machine) wantTLS(t *testing.T) {
	encrypted := 0
	for _, http := range named(m.conf(t), "http") {
		for _, server := range named(http.block, "server") {
			withTLS := func(listen directive) bool { return slices.Contains(listen.words, "ssl") }
			if !slices.ContainsFunc(named(server.block, "listen"), withTLS) {
				continue
			}
			encrypted++
			for name, want := range map[string]string{
				"ssl_protocols": "TLSv1.2 TLSv1.3", "ssl_prefer_server_ciphers": "off", "ssl_session_tickets": "off",
			} {
				want := fmt.Sprintf("[{[%s %s] []}]", name, want)
				if got := fmt.Sprint(named(server.block, name)); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		}
	}
	if encrypted != 2 {
		t.Errorf("%d servers with TLS, want 2", encrypted)
	}
	accepted := map[string]bool{}
	for name, config := range map[string]*tls.Config{
		"1.3":          {MinVersion: tls.VersionTLS13},
		"1.2":          {MaxVersion: tls.VersionTLS12},
		"1.2 with CBC": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
	} {
		config.RootCAs, config.ServerName = m.authority, siteName
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: fixture.HangLimit}, "tcp", net.JoinHostPort(m.loopbacks[0], m.httpsPort), config)
		accepted[name] = err == nil
		if err == nil {
			conn.Close()
		}
	}
	if diff := cmp.Diff(map[string]bool{"1.3": true, "1.2": true, "1.2 with CBC": false}, accepted); diff != "" {
		t.Errorf("accepted handshakes (-want +got):\n%s", diff)
	}
}
