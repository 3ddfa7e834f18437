package unsigned_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

func TestAtRest_NothingLinksAMessageToAGuest(t *testing.T) {
	t.Parallel()
	// A slow machine must be able to send messages faster than this, for badFrames.
	k := talkInOneInterval(t, false, false, "CHATTER_SAY_RATE=0.1")
	s := k.site
	checkOrder(t, written(t, s.RedisData()))

	// The words are those of before and after: what goes wrong is where logs talk.
	k.stumble()
	words := k.secrets()
	k.reportAndModerate()
	for _, g := range k.guests {
		g.post("/signout/", nil).want(http.StatusSeeOther)
	}
	all := everything(t, k.redis)
	for _, key := range []string{endedKey, ordersKey, reportsKey} {
		if !slices.ContainsFunc(all, func(k kept) bool { return k.key == key }) {
			t.Errorf("%s is not there: nothing was left to look at", key)
		}
	}
	checkFound(t, all, words, k.unstored)
	for _, wrong := range inRedis(all, words) {
		t.Error(wrong)
	}
	for _, p := range []string{"httpd:httpd_0", "httpd:httpd_1", "wsd:wsd_0", "wsd:wsd_1"} {
		for _, wrong := range inText(p+" /metrics", metrics(t, s.Admin(p)), words.all()) {
			t.Error(wrong)
		}
	}
	// The logs also have the lines that the processes write while they end.
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range inRedis(written(t, s.RedisData()), words) {
		t.Error(wrong)
	}
	for path, text := range bases(t, s.RedisData()) {
		for _, wrong := range inText(path, text, words.all()) {
			t.Error(wrong)
		}
	}
	for path, text := range logs(t, s.Dir()) {
		for _, wrong := range inText(path, text, words.all()) {
			t.Error(wrong)
		}
	}
}

// reportAndModerate has both guests report a message, and one of them spend the link of a
// moderator. Another link is not spent.
func (k *talk) reportAndModerate() {
	k.t.Helper()
	for _, g := range k.guests {
		g.post(roomPath+"report/", url.Values{"id": {k.lastID()}}).want(http.StatusSeeOther)
	}
	links := []string{moderatorLink(k.t, k.site), moderatorLink(k.t, k.site)}
	_, token, _ := strings.Cut(links[0], "token=")
	k.guests[0].post("/moderator/", url.Values{"token": {token}}).want(http.StatusSeeOther)
	fixture.Await(k.t, "the reports are stored", func() bool { return len(k.redis.flat("KEYS", reportsKey)) == 1 })
}

// moderatorLink is a new link for a moderator.
func moderatorLink(t *testing.T, s *stack.Stack) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.Admin("httpd:httpd_0"))
	}}}
	resp, err := client.Post("http://admin/moderation/moderator", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var link struct{ URL string }
	if err := json.NewDecoder(resp.Body).Decode(&link); err != nil {
		t.Fatal(err)
	}
	return link.URL
}

// checkOrder makes sure that the file of Redis, in which commands stand in their order,
// names neither who talks nor the room between the first message and the last.
func checkOrder(t *testing.T, file []kept) {
	t.Helper()
	begun := slices.IndexFunc(file, func(k kept) bool { return logKey.MatchString(k.key) })
	if begun < 0 {
		t.Fatal("nothing was said")
	}
	ended := len(file) - 1
	for !logKey.MatchString(file[ended].key) {
		ended--
	}
	for _, k := range file[begun:ended] {
		if names := found(strings.Join(k.parts, "\n"), []string{annWord, benWord, roomWord}); recentsKey.MatchString(k.key) && len(names) > 0 {
			t.Errorf("%v: written while they talk", k)
		}
	}
}

// checkFound makes sure that the words are what stands in Redis, and can be found, but
// for the nonces of what was refused.
func checkFound(t *testing.T, all []kept, words secrets, unstored []string) {
	t.Helper()
	var text strings.Builder
	for _, k := range all {
		text.WriteString(k.String())
	}
	for _, w := range slices.Concat(words.guests, words.rooms, words.talk) {
		if len(found(text.String(), []string{w})) == 0 && !slices.ContainsFunc(unstored, func(nonce string) bool { return storedNonce(nonce) == w }) {
			t.Errorf("%q is nowhere in Redis: the scan looks for the wrong words", w)
		}
	}
	if len(words.traces) < 9 || slices.Contains(words.all(), "") {
		t.Errorf("words %q", words)
	}
}

// logs returns every file that the stack wrote and that is no data of Redis.
func logs(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == filepath.Join(dir, "redis"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		texts[strings.TrimPrefix(path, dir+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, line := range map[string]string{
		"logs/httpd-0.log": "serving", "logs/wsd-0.log": "serving", "logs/chatter-access.log": " ws-room ",
		"logs/supervisord.log": "spawned", "logs/redis.log": "ready to accept", "logs/nginx.log": "worker",
	} {
		if !strings.Contains(texts[name], line) {
			t.Errorf("%s says nothing of %q:\n%s", name, line, texts[name])
		}
	}
	if first, second := texts["logs/httpd-0.log"], texts["logs/httpd-1.log"]; !strings.Contains(first+second, "request") {
		t.Errorf("no process of httpd says anything of a request:\n%s\n%s", first, second)
	}
	return texts
}
