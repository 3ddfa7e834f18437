package engines_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chatter/shared/redistest"
	"chatter/supervisor/test/fixture"
)

// webdriver steers WebKit by WebDriver.
type webdriver struct {
	session string // its address
	display string // the directory of the display
}

func webkit(t *testing.T, scheme string) driver {
	fixture.Need(t, "WebKitWebDriver", "Xvfb")
	browsers, _ := filepath.Glob("/usr/lib/*/webkit*gtk-*/MiniBrowser")
	if len(browsers) == 0 {
		fixture.Missing(t, "the MiniBrowser of WebKitGTK is not installed")
	}
	home := fixture.Dir(t)
	// The server writes its number into the descriptor.
	display := start(t, exec.Command("Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-fbdir", home, "-nolisten", "tcp"), regexp.MustCompile(`^(\d+)$`))
	port := redistest.Port(t)
	cmd := exec.Command("WebKitWebDriver", "--port="+port)
	cmd.Env = append(os.Environ(), "DISPLAY=:"+display, "HOME="+home, "XDG_RUNTIME_DIR="+home, "GTK_THEME="+map[string]string{"dark": "Adwaita:dark", "light": "Adwaita"}[scheme],
		"WEBKIT_DISABLE_COMPOSITING_MODE=1", "LIBGL_ALWAYS_SOFTWARE=1", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1")
	start(t, cmd, nil)
	w := webdriver{"http://127.0.0.1:" + port, home}
	fixture.Await(t, "the driver is ready", func() bool {
		var status struct{ Ready bool }
		return request(t.Context(), http.MethodGet, w.session+"/status", nil, &status) == nil && status.Ready
	})
	w.session += "/session"
	options := object{"binary": browsers[0], "args": []string{"--automation"}}
	var session struct{ SessionID string }
	if err := w.post(t.Context(), "", object{"capabilities": object{"alwaysMatch": object{"webkitgtk:browserOptions": options}}}, &session); err != nil {
		t.Fatal(err)
	}
	w.session += "/" + session.SessionID
	t.Cleanup(func() {
		if err := request(context.Background(), http.MethodDelete, w.session, nil, nil); err != nil {
			t.Error(err)
		}
	})
	return w
}

func request(ctx context.Context, method, url string, body, value any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s %v", url, response.Status, got, err)
	}
	return json.Unmarshal(got, &struct{ Value any }{value})
}

func (w webdriver) post(ctx context.Context, what string, body, value any) error {
	return request(ctx, http.MethodPost, strings.TrimSuffix(w.session+"/"+what, "/"), body, value)
}

func (w webdriver) open(ctx context.Context, url string) error {
	return w.post(ctx, "url", object{"url": url}, nil)
}

func (w webdriver) eval(ctx context.Context, expression string) (got string, err error) {
	err = w.post(ctx, "execute/sync", object{"script": "return " + stringify(expression), "args": []any{}}, &got)
	return got, err
}

func (w webdriver) click(ctx context.Context, x, y int) error {
	return w.post(ctx, "actions", object{"actions": clickActions(x, y)}, nil)
}

func (w webdriver) keys(ctx context.Context, text string) error {
	return w.post(ctx, "actions", object{"actions": keyActions(text)}, nil)
}

// screenshot reads the memory of the display, an XWD file: asked for a picture, WebKit often
// gives no answer while a dialog is open.
func (w webdriver) screenshot(context.Context) ([]byte, error) {
	file, err := os.ReadFile(filepath.Join(w.display, "Xvfb_screen0"))
	if err != nil {
		return nil, err
	}
	field := func(i int) int { return int(binary.BigEndian.Uint32(file[4*i:])) }
	width, height, line, pixels := field(4), field(5), field(12), file[field(0)+12*field(19):]
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := pixels[y*line+4*x:]
			picture.SetRGBA(x, y, color.RGBA{p[2], p[1], p[0], 255})
		}
	}
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}
