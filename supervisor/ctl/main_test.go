package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// serve has a process answer on its admin socket in dir.
func serve(t *testing.T, dir, process string, h http.HandlerFunc) {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(dir, process+".admin.sock"))
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h}
	go s.Serve(ln)
	t.Cleanup(func() { s.Close() })
}

// socketDir returns a directory whose path is short enough for sockets.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func chatterctl(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestRemove_AsksAProcessThatAnswers(t *testing.T) {
	dir := socketDir(t)
	if err := os.WriteFile(filepath.Join(dir, "httpd-0.admin.sock"), nil, 0o600); err != nil { // left by one that was killed
		t.Fatal(err)
	}
	serve(t, dir, "httpd-1", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"done":"`+r.Method+" "+r.URL.Path+" "+r.FormValue("room")+" "+r.FormValue("id")+`"}`)
	})
	code, stdout, stderr := chatterctl(t, "--dir", dir, "remove", "Go Fans", "5-0")
	if code != exitDone || stdout != "POST /moderation/remove Go Fans 5-0\n" || stderr != "" {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
}

func TestCommands_AskForWhatTheyAre(t *testing.T) {
	dir := socketDir(t)
	serve(t, dir, "httpd-0", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moderation/orders" {
			io.WriteString(w, `{"orders":[{"handle":"AbCdEfGh","kind":"hidden room","until":"2030-01-02T03:04:05Z"}]}`)
			return
		}
		r.ParseForm()
		fmt.Fprintf(w, `{"done":"%s %s %s"}`, r.Method, r.URL.Path, r.PostForm.Encode())
	})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"empty", "tea"}, "POST /moderation/empty room=tea"},
		{[]string{"hide", "Ann"}, "POST /moderation/hide name=Ann"},
		{[]string{"hide-room", "tea"}, "POST /moderation/hide room=tea"},
		{[]string{"lift", "AbCdEfGh"}, "POST /moderation/lift order=AbCdEfGh"},
		{[]string{"orders"}, "AbCdEfGh   hidden room   2030-01-0"},
	} {
		code, stdout, stderr := chatterctl(t, append([]string{"--dir", dir}, c.args...)...)
		if code != exitDone || !strings.Contains(stdout, c.want) || stderr != "" {
			t.Errorf("%q: %d %q %q", c.args, code, stdout, stderr)
		}
	}
}

func TestErrors_SayWhatToDo(t *testing.T) {
	empty, refusing, dead := socketDir(t), socketDir(t), socketDir(t)
	serve(t, refusing, "httpd-0", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		io.WriteString(w, `{"error":"There is no such message."}`)
	})
	serve(t, refusing, "wsd-0", func(w http.ResponseWriter, r *http.Request) { t.Error("wsd is asked") })
	ln, err := net.Listen("unix", filepath.Join(dead, "httpd-0.admin.sock"))
	if err != nil {
		t.Fatal(err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	ln.Close()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitUsage, "no command"},
		{[]string{"dance"}, exitUsage, `no command "dance"`},
		{[]string{"remove", "tea"}, exitUsage, "use: chatterctl remove ROOM ID"},
		{[]string{"--directory", "x"}, exitUsage, "-directory"},
		{[]string{"--dir", empty, "remove", "tea", "5-0"}, exitFailed, "no socket"},
		{[]string{"--dir", empty + "/none", "remove", "tea", "5-0"}, exitFailed, "--dir"},
		{[]string{"--dir", refusing, "remove", "tea", "5-0"}, exitFailed, "There is no such message."},
		{[]string{"--dir", dead, "remove", "tea", "5-0"}, exitFailed, "is it running?"},
	} {
		code, stdout, stderr := chatterctl(t, c.args...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: %d %q %q, want %d and %q", c.args, code, stdout, stderr, c.code, c.says)
		}
	}
}

func TestHelp_NamesEveryCommand(t *testing.T) {
	code, stdout, _ := chatterctl(t, "help")
	for _, c := range commands {
		if code != exitDone || !strings.Contains(stdout, strings.TrimRight("  "+c.name+" "+c.args, " ")) {
			t.Errorf("%d, no %s in\n%s", code, c.name, stdout)
		}
	}
}

func TestHelp_OfACommandDoesNothing(t *testing.T) {
	for _, c := range commands {
		if c.name == setUp.name { // it has flags
			continue
		}
		code, stdout, stderr := chatterctl(t, "--dir", socketDir(t), c.name, "--help")
		if code != exitDone || !strings.Contains(stdout, c.help) || stderr != "" {
			t.Errorf("%s: %d %q %q", c.name, code, stdout, stderr)
		}
	}
}
