package doctor

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// harmless are the variables of nginx that tell neither an address nor a path nor what a client
// chose. Those of Chatter's own files are harmless, too.
var harmless = strings.Fields(`
	time_iso8601 time_local msec status bytes_sent body_bytes_sent request_time request_length
	upstream_status upstream_response_time upstream_connect_time upstream_header_time
	upstream_bytes_sent upstream_bytes_received connection_requests gzip_ratio pipe pid hostname
	scheme https server_protocol server_port ssl_protocol ssl_cipher ssl_curve
	ssl_session_reused limit_req_status limit_conn_status request_completion`)

// checkLogs looks for servers that log what a guest did.
func checkLogs(_ context.Context, m *Machine, r *result) {
	if !m.examinable(r, "logs of nginx") {
		return
	}
	formats := map[string]string{}
	m.conf.main.walk(func(b *block) {
		for _, d := range b.directives {
			if d.name == "log_format" && len(d.args) > 1 {
				formats[d.args[0]] = strings.Join(d.args[1:], "")
			}
		}
	})
	servers := m.conf.seeGuests()
	for _, s := range servers {
		s.walk(func(b *block) {
			// A block that has logs of its own, or the server itself.
			if b == s.block || b.first("access_log") != nil {
				for _, what := range accessLogs(b, formats) {
					r.found(accessLogged, s.title()+" logs "+what, s.title())
				}
			}
			if b == s.block || b.first("error_log") != nil {
				for _, what := range errorLogs(b) {
					r.found(errorsLogged, s.title()+" writes errors to "+what, s.title())
				}
			}
		})
	}
	r.figure = fmt.Sprintf("%d of %d servers see guests", len(servers), len(m.conf.servers))
}

// accessLogs returns what the access logs of a block hold that they must not.
func accessLogs(b *block, formats map[string]string) (found []string) {
	logs := b.effective("access_log")
	if len(logs) == 0 {
		return []string{"address and path to nginx's own log, because no access_log says otherwise"}
	}
	for _, d := range logs {
		if len(d.args) == 0 || d.args[0] == "off" || d.args[0] == "/dev/null" {
			continue
		}
		format := "combined"
		if len(d.args) > 1 && !strings.Contains(d.args[1], "=") {
			format = d.args[1]
		}
		text, ok := formats[format]
		if !ok { // combined
			found = append(found, "address and path to "+d.args[0])
			continue
		}
		if told := telling(text); len(told) > 0 {
			found = append(found, "$"+strings.Join(told, " $")+" to "+d.args[0])
		}
	}
	return found
}

var variable = regexp.MustCompile(`\$\{?(\w+)`)

// telling returns the variables in a format that may tell who asked for what.
func telling(format string) (names []string) {
	for _, found := range variable.FindAllStringSubmatch(format, -1) {
		if name := found[1]; !strings.HasPrefix(name, "chatter_") && !slices.Contains(harmless, name) {
			names = append(names, name)
		}
	}
	return names
}

func errorLogs(b *block) (found []string) {
	logs := b.effective("error_log")
	if len(logs) == 0 {
		return []string{"nginx's own log"}
	}
	for _, d := range logs {
		if len(d.args) > 0 && d.args[0] != "/dev/null" {
			found = append(found, d.args[0])
		}
	}
	return found
}

// checkLimits looks for ways to Chatter without a limit.
func checkLimits(_ context.Context, m *Machine, r *result) {
	if !m.examinable(r, "limits of nginx") {
		return
	}
	ways := 0
	for _, s := range m.conf.sites() {
		for _, b := range s.proxies {
			ways++
			for _, name := range []string{"limit_req", "limit_conn"} {
				if len(b.effective(name)) == 0 {
					r.found(unlimited, fmt.Sprintf("%s has no %s for %s", s.title(), name, b.title()), s.title())
				}
			}
		}
	}
	r.figure = fmt.Sprintf("%d ways", ways)
}

// title names the block for a person.
func (b *block) title() string {
	if b.parent != nil {
		for _, d := range b.parent.directives {
			if d.block == b {
				return strings.Join(append([]string{d.name}, d.args...), " ")
			}
		}
	}
	return b.name
}
