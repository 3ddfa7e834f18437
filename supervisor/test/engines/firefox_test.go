package engines_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"chatter/supervisor/test/fixture"
)

// bidi steers Firefox by WebDriver BiDi.
type bidi struct {
	*socket
	context string
}

func firefox(t *testing.T, scheme string) driver {
	fixture.Need(t, "firefox-esr")
	dir := fixture.Dir(t)
	preferred := map[string]string{"dark": "0", "light": "1"}[scheme]
	prefs := `user_pref("layout.css.prefers-color-scheme.content-override", ` + preferred + `);
user_pref("remote.active-protocols", 1);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.normandy.enabled", false);
user_pref("dom.ipc.processCount", 1);
user_pref("fission.autostart", false);
user_pref("browser.startup.page", 0);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("services.settings.server", "data:,#remote-settings-dummy/v1");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.safebrowsing.update.enabled", false);
`
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(prefs), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("firefox-esr", "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", dir, "--width=1280", "--height=800")
	cmd.Env = append(os.Environ(), "HOME="+dir, "MOZ_CRASHREPORTER_DISABLE=1")
	host := start(t, cmd, regexp.MustCompile(`WebDriver BiDi listening on ws://(\S+)`))
	b := &bidi{socket: dial(t, "ws://"+host+"/session")}
	var tree struct{ Contexts []struct{ Context string } }
	err := b.call(t.Context(), "session.new", object{"capabilities": object{}}, nil)
	if err == nil {
		err = b.call(t.Context(), "browsingContext.getTree", object{}, &tree)
	}
	if err != nil || len(tree.Contexts) == 0 {
		t.Fatalf("%d tabs, %v", len(tree.Contexts), err)
	}
	b.context = tree.Contexts[0].Context
	return b
}

func (b *bidi) open(ctx context.Context, url string) error {
	return b.call(ctx, "browsingContext.navigate", object{"context": b.context, "url": url, "wait": "complete"}, nil)
}

func (b *bidi) eval(ctx context.Context, expression string) (string, error) {
	var got struct {
		Result           struct{ Value string }
		ExceptionDetails json.RawMessage
	}
	err := b.call(ctx, "script.evaluate", object{"expression": stringify(expression), "target": object{"context": b.context}, "awaitPromise": false}, &got)
	if err == nil && got.ExceptionDetails != nil {
		err = fmtError("evaluate", nil, got.ExceptionDetails)
	}
	return got.Result.Value, err
}

func (b *bidi) perform(ctx context.Context, actions any) error {
	return b.call(ctx, "input.performActions", object{"context": b.context, "actions": actions}, nil)
}

func (b *bidi) click(ctx context.Context, x, y int) error { return b.perform(ctx, clickActions(x, y)) }

func (b *bidi) keys(ctx context.Context, text string) error { return b.perform(ctx, keyActions(text)) }

func (b *bidi) screenshot(ctx context.Context) ([]byte, error) {
	var got struct{ Data []byte }
	err := b.call(ctx, "browsingContext.captureScreenshot", object{"context": b.context}, &got)
	return got.Data, err
}
