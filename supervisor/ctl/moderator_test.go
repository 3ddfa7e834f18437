package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestModerator_PrintsTheLink(t *testing.T) {
	for _, c := range []struct {
		url, says string
		hint      bool
	}{
		{"https://chat.example.org/moderator/?token=T", "https://chat.example.org/moderator/?token=T\n", false},
		{"/moderator/?token=T", "/moderator/?token=T\n", true},
	} {
		dir := socketDir(t)
		serve(t, dir, "httpd-0", func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost || r.URL.Path != "/moderation/moderator" {
				t.Errorf("%s %s is asked for", r.Method, r.URL.Path)
			}
			io.WriteString(w, `{"url":"`+c.url+`"}`)
		})
		code, stdout, stderr := chatterctl(t, "--dir", dir, "moderator")
		if code != exitDone || !strings.HasPrefix(stdout, c.says) || strings.Contains(stdout, "--public-url") != c.hint || stderr != "" {
			t.Errorf("%s: %d %q %q", c.url, code, stdout, stderr)
		}
	}
}

func TestReports_ListsThem(t *testing.T) {
	for _, c := range []struct{ answer, want string }{
		{`{"reports":[]}`, "Nothing is reported.\n"},
		{
			`{"reports":[{"room":"Go Fans","id":"5-0","text":"two\nlines \u001b[2J","reports":7,"classes":3},{"room":"tea","id":"6-1","text":"x","reports":1,"classes":1}]}`,
			"\"Go Fans\" 5-0  reports: 7, address classes: at least 3\n    two\n    lines \uFFFD[2J\n\"tea\" 6-1  reports: 1, address classes: at least 1\n    x\n",
		},
	} {
		dir := socketDir(t)
		serve(t, dir, "httpd-0", func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.URL.Path != "/moderation/reports" {
				t.Errorf("%s %s is asked for", r.Method, r.URL.Path)
			}
			io.WriteString(w, c.answer)
		})
		if code, stdout, stderr := chatterctl(t, "--dir", dir, "reports"); code != exitDone || stdout != c.want || stderr != "" {
			t.Errorf("%d %q %q, want %q", code, stdout, stderr, c.want)
		}
	}
}
