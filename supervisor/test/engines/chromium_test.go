package engines_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"chatter/supervisor/test/fixture"
)

// chromium110 is the path of Chromium 110, which is unpacked once into the directory of the
// packages.
var chromium110 = sync.OnceValues(func() (string, error) {
	dir, err := packages()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "chromium-110")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fresh, err := os.MkdirTemp(dir, "unpacking-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	// node has the format; package npm needs it anyway.
	unpack := `require('fs').createReadStream(process.argv[1]).pipe(require('zlib').createBrotliDecompress()).pipe(require('fs').createWriteStream(process.argv[2], {mode: 0o755}))`
	whole := filepath.Join(fresh, "chromium")
	if out, err := exec.Command("node", "-e", unpack, filepath.Join(dir, "node_modules/@sparticuz/chromium/bin/chromium.br"), whole).CombinedOutput(); err != nil {
		return "", fmtError("unpack Chromium", err, out)
	}
	return path, os.Rename(whole, path)
})

// cdp steers Chromium by the Chrome DevTools Protocol.
type cdp struct{ *socket }

func chromium(t *testing.T, scheme string) driver {
	path, err := chromium110()
	if err != nil {
		missingPackages(t, err)
	}
	preferred := map[string]string{"dark": "0", "light": "1"}[scheme]
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0",
		"--window-size=1280,800", "--lang=en-US", "--blink-settings=preferredColorScheme="+preferred, "--user-data-dir="+fixture.Dir(t), "about:blank")
	host := start(t, cmd, regexp.MustCompile(`DevTools listening on ws://([^/]+)/`))
	var pages []struct{ WebSocketDebuggerURL string }
	fixture.Await(t, "Chromium has a page", func() bool {
		response, err := http.Get("http://" + host + "/json/list")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return json.NewDecoder(response.Body).Decode(&pages) == nil && len(pages) > 0
	})
	return cdp{dial(t, pages[0].WebSocketDebuggerURL)}
}

type object = map[string]any

func (c cdp) open(ctx context.Context, url string) error {
	return c.call(ctx, "Page.navigate", object{"url": url}, nil)
}

func (c cdp) eval(ctx context.Context, expression string) (string, error) {
	var got struct {
		Result           struct{ Value string }
		ExceptionDetails json.RawMessage
	}
	err := c.call(ctx, "Runtime.evaluate", object{"expression": stringify(expression), "returnByValue": true}, &got)
	if err == nil && got.ExceptionDetails != nil {
		err = fmtError("evaluate", nil, got.ExceptionDetails)
	}
	return got.Result.Value, err
}

func (c cdp) click(ctx context.Context, x, y int) error {
	for _, what := range []string{"mousePressed", "mouseReleased"} {
		if err := c.call(ctx, "Input.dispatchMouseEvent", object{"type": what, "x": x, "y": y, "button": "left", "clickCount": 1}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (c cdp) keys(ctx context.Context, text string) error {
	special := map[string]object{
		enter:  {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
		escape: {"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27},
	}
	for _, letter := range strings.Split(text, "") {
		key, ok := special[letter]
		if !ok {
			key = object{"key": letter, "text": letter}
		}
		for _, what := range []string{"keyDown", "keyUp"} {
			key["type"] = what
			if err := c.call(ctx, "Input.dispatchKeyEvent", key, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c cdp) screenshot(ctx context.Context) ([]byte, error) {
	var got struct{ Data []byte }
	err := c.call(ctx, "Page.captureScreenshot", object{}, &got)
	return got.Data, err
}
