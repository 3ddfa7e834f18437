package faults_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// All processes admit only guests who knew the phrase, and a new phrase signs them out.
func TestPhrase_HoldsInEveryProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "phrase")
	install(t, file, []byte("blue heron\n"), 0o600)
	w := &site{t: t, client: &http.Client{Timeout: fixture.HangLimit}, Stack: fixture.Start(t, stack.Options{
		Bin: fixture.Services(t), Env: []string{"CHATTER_PHRASE_FILE=" + file, "CHATTER_HARAKIRI=" + fixture.HangLimit.String()},
	})}
	if w.signInWith("") != nil || w.signInWith("grey heron") != nil {
		t.Error("a guest without the phrase is let in")
	}
	ann := w.signInWith("Blue heron")
	if ann == nil {
		t.Fatal("a guest with the phrase is not let in")
	}
	w.wantAccepted("with the phrase", ann)

	install(t, file, []byte("grey heron\n"), 0o600)
	served := w.served()
	w.hup()
	for p, n := range served {
		fixture.Await(t, p+" has reloaded", func() bool { return w.served()[p] > n })
	}
	w.wantRefused("under the new phrase", ann)
	ben := w.signInWith("grey heron")
	if ben == nil {
		t.Fatal("a guest with the new phrase is not let in")
	}
	w.wantAccepted("under the new phrase", ben)

	// Without a readable phrase nobody may be let in: the old process goes on.
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.hup()
	for p := range twins {
		fixture.Await(t, p+" names the file that is missing", func() bool { return strings.Contains(w.logged(p), "read phrase file") })
	}
	w.wantAccepted("after a reload that failed", ben)
}

// signInWith returns the cookie, nil if the site gives none.
func (w *site) signInWith(phrase string) *http.Cookie {
	w.t.Helper()
	direct := *w.client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := direct.PostForm(w.URL()+"index/", url.Values{"user": {"Ann"}, "phrase": {phrase}})
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	for _, cookie := range resp.Cookies() {
		return cookie
	}
	return nil
}
