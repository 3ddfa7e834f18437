package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	installer = "/usr/share/chatter/nginx/install.sh"
	// chosenFile tells the package which site an upgrade installs again.
	chosenFile = "/etc/chatter/site"
	proxyFile  = "/etc/nginx/chatter.d/10-proxy.conf"
	// proxyHead begins the file of proxies that setup may replace.
	proxyHead = "# chatterctl setup writes this file.\n"
)

// files are the contents of files by name, nil for one that is not there.
type files map[string][]byte

// nginxFiles reads all files of nginx that setup may change.
func (m *Machine) nginxFiles() (files, error) {
	parts, err := filepath.Glob(m.path("/etc/nginx/chatter/*.conf"))
	if err != nil {
		return nil, err
	}
	found := files{}
	for _, name := range append(parts, m.path("/etc/nginx/nginx.conf"), m.path("/etc/nginx/conf.d/chatter.conf"),
		m.path("/etc/nginx/modules-enabled/90-chatter.conf"), m.path(proxyFile), m.path(chosenFile)) {
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		found[name] = text
	}
	return found, nil
}

// install writes the http or the https site, has nginx use it, and waits until answers says
// that it does.
func (p *plan) install(ctx context.Context, kind string, answers func(context.Context) error) error {
	values, err := p.choose(kind)
	if err != nil {
		return err
	}
	advice, err := output(p.command(ctx, append(values, "DESTDIR="+p.Root), "sh", p.path(installer), kind, p.o.Name))
	if err != nil {
		return err
	}
	if advice != "" {
		fmt.Fprintln(p.Stderr, advice)
	}
	if err := p.writeProxyFile(); err != nil {
		return err
	}
	if err := p.reload(ctx); err != nil {
		return err
	}
	return p.eventually(ctx, answers)
}

// choose notes the site for upgrades. It returns the values for install.sh that the operator has
// written below, lines such as CHATTER_SOCKETS_PER_ADDRESS=2000.
func (p *plan) choose(kind string) (values []string, err error) {
	name := p.path(chosenFile)
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	_, below, _ := strings.Cut(string(text), "\n")
	for line := range strings.Lines(below) {
		if strings.HasPrefix(line, "CHATTER_") {
			values = append(values, strings.TrimSpace(line))
		}
	}
	return values, replace(name, []byte(kind+" "+p.o.Name+"\n"+below))
}

// reload has nginx use its files if they are valid.
func (m *Machine) reload(ctx context.Context) error {
	if _, err := m.run(ctx, "nginx", "-t"); err != nil {
		if strings.Contains(err.Error(), "duplicate default server") {
			return fmt.Errorf("%w\nAnother server{} is the default_server, such as Debian's default site: remove it from /etc/nginx/sites-enabled, or the word default_server from it", err)
		}
		return err
	}
	_, err := m.run(ctx, "systemctl", "reload-or-restart", "nginx")
	return err
}

// undo puts the files of nginx back and tells how that went.
func (p *plan) undo(ctx context.Context) string {
	now, err := p.nginxFiles()
	if err != nil {
		return fmt.Sprintf("The files of nginx have not been put back: %v.", err)
	}
	changed := false
	for name, text := range now {
		before := p.before[name]
		if bytes.Equal(before, text) && (before == nil) == (text == nil) {
			continue
		}
		changed = true
		if before == nil {
			err = os.Remove(name)
		} else {
			err = replace(name, before)
		}
		if err != nil {
			return fmt.Sprintf("The files of nginx have not been put back: %v.", err)
		}
	}
	if changed {
		if err := p.reload(ctx); err != nil {
			return fmt.Sprintf("The files of nginx are as they were before setup, but nginx does not use them: %v.", err)
		}
	}
	return "The site is as it was before setup, and so are the settings."
}

// checkProxyFile refuses to replace a file that the operator has written.
func (p *plan) checkProxyFile() error {
	text, err := os.ReadFile(p.path(proxyFile))
	if err == nil && len(p.o.Proxies) > 0 && !strings.HasPrefix(string(text), proxyHead) {
		return fmt.Errorf("setup has not written %s: remove it, or move its lines to another file in that directory", proxyFile)
	}
	return nil
}

// writeProxyFile names the proxies to nginx, and removes the file of an earlier setup if there
// are none.
func (p *plan) writeProxyFile() error {
	name := p.path(proxyFile)
	if len(p.o.Proxies) == 0 {
		if text, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(text), proxyHead) {
			return nil
		}
		return os.Remove(name)
	}
	var b strings.Builder
	b.WriteString(proxyHead + "# The limits count the clients of these proxies, and not the proxies.\n")
	for _, proxy := range p.o.Proxies {
		fmt.Fprintf(&b, "set_real_ip_from %s;\n", proxy)
	}
	b.WriteString("real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n")
	return replace(name, []byte(b.String()))
}
