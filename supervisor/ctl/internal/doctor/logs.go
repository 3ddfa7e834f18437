package doctor

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var logsCheck = check{"logs of nginx", checkLogs, nginxSite, []kind{
	{"access-logged", Danger, "the log links addresses with rooms and times", "include chatter/every-server.conf in %s, or set access_log off there"},
	{"errors-logged", Danger, "each line about a request has the address and the path", "set error_log /dev/null emerg in %s"},
}}

// harmless are the variables, nginx's and those of Chatter's own files, that tell neither an
// address nor a path nor what a client chose.
var harmless = strings.Fields(`
	time_iso8601 time_local msec status bytes_sent body_bytes_sent request_time request_length
	upstream_status upstream_response_time upstream_connect_time upstream_header_time
	upstream_bytes_sent upstream_bytes_received connection_requests gzip_ratio pipe pid hostname
	scheme https server_protocol server_port ssl_protocol ssl_cipher ssl_curve
	ssl_session_reused limit_req_status limit_conn_status request_completion
	chatter_method chatter_route chatter_language chatter_retry chatter_limited
	chatter_retry_after chatter_hsts chatter_connection`)

// checkLogs looks for servers that log what a guest did.
func checkLogs(_ context.Context, m *Machine, r *result) {
	formats := map[string]string{}
	for _, d := range m.conf.main.all() {
		if d.name == "log_format" && len(d.args) > 1 {
			formats[d.args[0]] = strings.Join(d.args[1:], "")
		}
	}
	servers := m.conf.seeGuests()
	for _, s := range servers {
		for _, block := range s.all() {
			// The server itself, or a block in it that has logs of its own.
			if block == s.directive || len(block.own("access_log")) > 0 {
				for _, what := range accessLogs(block, formats) {
					r.find("access-logged", "%s logs %s", s.title(), what).fill(s.title())
				}
			}
			if block == s.directive || len(block.own("error_log")) > 0 {
				for _, what := range errorLogs(block) {
					r.find("errors-logged", "%s writes errors to %s", s.title(), what).fill(s.title())
				}
			}
		}
	}
	r.figure = fmt.Sprintf("%d of %d servers see guests", len(servers), len(m.conf.servers))
}

// accessLogs returns what the access logs of a block hold that they must not.
func accessLogs(block *directive, formats map[string]string) (found []string) {
	logs := block.effective("access_log")
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
		} else if told := telling(text); len(told) > 0 {
			found = append(found, "$"+strings.Join(told, " $")+" to "+d.args[0])
		}
	}
	return found
}

var variable = regexp.MustCompile(`\$\{?(\w+)`)

// telling returns the variables in a format that may tell which client asked for what.
func telling(format string) (names []string) {
	for _, found := range variable.FindAllStringSubmatch(format, -1) {
		if name := found[1]; !slices.Contains(harmless, name) {
			names = append(names, name)
		}
	}
	return names
}

// errorLogs returns where the errors of a block are written that must not be.
func errorLogs(block *directive) (found []string) {
	logs := block.effective("error_log")
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
