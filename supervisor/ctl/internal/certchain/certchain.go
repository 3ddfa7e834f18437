// Package certchain reads and verifies the certificate of a site with those that connect it with an
// authority.
package certchain

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// Read returns the certificates in a file, that of the site first. A file without any is an error.
func Read(path string) (chain []*x509.Certificate, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s: no certificate is in it", path)
	}
	return chain, nil
}

// Verify checks that an authority of the options vouches for a chain.
func Verify(chain []*x509.Certificate, o x509.VerifyOptions) error {
	o.Intermediates = x509.NewCertPool()
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(o)
	return err
}
