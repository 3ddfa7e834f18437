// Package nginx holds Chatter's nginx site and its error pages, and fills them in.
//
// The files themselves are what a VM uses; this package is for those who start an
// nginx by themselves (the stack, the tests) or stand in for one (the local runner).
// It knows nothing of the services but where they listen.
package nginx

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

//go:embed http-site.conf.template nginx.conf.template parts/*.template errors/*.html
var files embed.FS

// Defaults of the limits per address class; http-level.conf says what they are sized for.
const (
	DefaultSocketsPerAddress   = 1000
	DefaultHandshakesPerSecond = 50
	DefaultRequestsPerSecond   = 100
)

// Site holds the values of the site over http on one IPv4 address. install.sh fills in the
// same files, and those of https, for a VM.
type Site struct {
	Listen     string // as nginx's listen takes it: "80", "127.0.0.1:8080"
	ServerName string // "" = any host
	HTTPD, WSD string // as nginx's upstream takes them: "unix:/path", "host:port"

	SocketsPerAddress   int // WebSockets at one time; 0 = the default
	HandshakesPerSecond int // WebSockets opened; 0 = the default
	RequestsPerSecond   int // requests for anything but sockets and assets; 0 = the default
}

// siteFile is the site's file; it includes the parts.
const siteFile = "site.conf"

// Conf returns the site's files by their paths below the directory of the main file. A
// value that could change the meaning of the file around it is an error.
func (s Site) Conf() (map[string]string, error) {
	if s.ServerName == "" {
		s.ServerName = "~."
	}
	if s.SocketsPerAddress == 0 {
		s.SocketsPerAddress = DefaultSocketsPerAddress
	}
	if s.HandshakesPerSecond == 0 {
		s.HandshakesPerSecond = DefaultHandshakesPerSecond
	}
	if s.RequestsPerSecond == 0 {
		s.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if min(s.SocketsPerAddress, s.HandshakesPerSecond, s.RequestsPerSecond) < 0 {
		return nil, fmt.Errorf("fill in %s: a limit is negative", siteFile)
	}
	values := map[string]string{
		"CHATTER_HTTP_IPV4":             s.Listen,
		"CHATTER_SERVER_NAME":           s.ServerName,
		"CHATTER_ACME":                  "acme",
		"CHATTER_HTTPD":                 s.HTTPD,
		"CHATTER_WSD":                   s.WSD,
		"CHATTER_SOCKETS_PER_ADDRESS":   strconv.Itoa(s.SocketsPerAddress),
		"CHATTER_HANDSHAKES_PER_SECOND": strconv.Itoa(s.HandshakesPerSecond),
		"CHATTER_REQUESTS_PER_SECOND":   strconv.Itoa(s.RequestsPerSecond),
	}
	templates := map[string]string{siteFile: "http-site.conf.template"}
	parts, err := fs.Glob(files, "parts/*.template")
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		templates["chatter/"+strings.TrimSuffix(path.Base(part), ".template")] = part
	}
	conf := make(map[string]string)
	for name, template := range templates {
		if conf[name], err = fill(template, values); err != nil {
			return nil, err
		}
	}
	return conf, nil
}

// Main is what the main file of an unprivileged nginx leaves open.
type Main struct {
	User  string // whom the workers run as when root starts nginx
	Files int    // open files a worker may have; a connection to a guest and to a service takes two
}

// Conf returns the main file with everything filled in.
func (m Main) Conf() (string, error) {
	return fill("nginx.conf.template", map[string]string{
		"CHATTER_USER":        m.User,
		"CHATTER_NOFILE":      strconv.Itoa(m.Files),
		"CHATTER_CONNECTIONS": strconv.Itoa(m.Files / 2),
	})
}

// Write makes prefix a directory that `nginx -p prefix -c nginx.conf` runs in. What
// an earlier run left there is written over; logs stay. A link named logs stays too.
func Write(prefix string, m Main, s Site) error {
	main, err := m.Conf()
	if err != nil {
		return err
	}
	texts, err := s.Conf()
	if err != nil {
		return err
	}
	texts["nginx.conf"] = main
	for _, dir := range []string{"chatter", "chatter.d", "chatter-errors", "logs", "tmp"} {
		if err := os.MkdirAll(filepath.Join(prefix, dir), 0o755); err != nil {
			return fmt.Errorf("write nginx's files: %w", err)
		}
	}
	for _, name := range Pages() {
		for _, language := range Languages() {
			texts[filepath.Join("chatter-errors", name+"."+language+".html")] = Page(name, language)
		}
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(prefix, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write nginx's files: %w", err)
		}
	}
	return nil
}

var ipv6Line = regexp.MustCompile(`(?m)^.*\$\{CHATTER_HTTP_IPV6\}.*\n`)

// fill puts values in the place of ${NAME} and removes the lines for IPv6. nginx's own
// variables have names that are not in values and are left alone.
func fill(file string, values map[string]string) (string, error) {
	raw, err := files.ReadFile(file)
	if err != nil {
		return "", err
	}
	text := ipv6Line.ReplaceAllString(string(raw), "")
	for name, value := range values {
		if value == "" || strings.ContainsAny(value, " \t\r\n;{}\"'\\#$") {
			return "", fmt.Errorf("fill in %s: %s cannot be %q", file, name, value)
		}
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	return text, nil
}
