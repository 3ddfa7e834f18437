package engines_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/supervisor/run/child"
	"chatter/supervisor/test/fixture"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// driver steers one tab of a browser.
type driver interface {
	open(ctx context.Context, url string) error
	// eval returns the JSON of an expression that is no promise.
	eval(ctx context.Context, expression string) (string, error)
	click(ctx context.Context, x, y int) error
	// keys presses the keys of a text, among them enter and escape.
	keys(ctx context.Context, text string) error
	screenshot(ctx context.Context) (png []byte, err error)
}

// Keys as WebDriver writes them.
const (
	enter  = "\ue007"
	escape = "\ue00c"
)

// stringify makes an expression one whose value is its JSON.
func stringify(expression string) string { return "JSON.stringify(" + expression + ") ?? 'null'" }

func fmtError(what string, err error, said []byte) error {
	return fmt.Errorf("%s: %v: %s", what, err, said)
}

// start starts a program, which ends with the test. It waits for a line of its output that
// matches, unless that is nil, and returns the first group of the match.
func start(t *testing.T, cmd *exec.Cmd, line *regexp.Regexp) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ended, err := child.Start(cmd, syscall.SIGKILL)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	waits := line != nil
	found, output := make(chan string, 1), make(chan string, 1)
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		if text := <-output; t.Failed() {
			t.Logf("%s:\n%s", cmd.Path, text)
		}
	})
	go func() {
		defer r.Close()
		var all strings.Builder
		for lines := bufio.NewScanner(r); lines.Scan(); {
			fmt.Fprintln(&all, lines.Text())
			if line == nil {
				continue
			}
			if m := line.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
				line = nil
			}
		}
		output <- all.String()
		close(found)
	}()
	if !waits {
		return ""
	}
	select {
	case first, ok := <-found:
		if !ok {
			t.Fatalf("%s has ended", cmd.Path)
		}
		return first
	case <-time.After(fixture.HangLimit):
		t.Fatalf("%s does not say that it is ready", cmd.Path)
	}
	return ""
}

// socket calls methods by JSON over a WebSocket, as CDP and WebDriver BiDi do.
type socket struct {
	conn *websocket.Conn
	last int
}

func dial(t *testing.T, url string) *socket {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { conn.CloseNow() })
	return &socket{conn: conn}
}

func (s *socket) call(ctx context.Context, method string, params, result any) error {
	s.last++
	if err := wsjson.Write(ctx, s.conn, map[string]any{"id": s.last, "method": method, "params": params}); err != nil {
		return err
	}
	for {
		var reply struct {
			ID      int
			Result  json.RawMessage
			Error   json.RawMessage
			Message string
		}
		if err := wsjson.Read(ctx, s.conn, &reply); err != nil {
			return err
		}
		if reply.ID != s.last {
			continue // an event
		}
		if reply.Error != nil {
			return fmt.Errorf("%s: %s %s", method, reply.Error, reply.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(reply.Result, result)
	}
}

// clickActions and keyActions are sources of actions of WebDriver and of BiDi.
func clickActions(x, y int) any {
	return []any{map[string]any{"type": "pointer", "id": "mouse", "actions": []any{
		map[string]any{"type": "pointerMove", "x": x, "y": y},
		map[string]any{"type": "pointerDown", "button": 0}, map[string]any{"type": "pointerUp", "button": 0},
	}}}
}

func keyActions(text string) any {
	var actions []any
	for _, key := range text {
		for _, what := range []string{"keyDown", "keyUp"} {
			actions = append(actions, map[string]any{"type": what, "value": string(key)})
		}
	}
	return []any{map[string]any{"type": "key", "id": "keys", "actions": actions}}
}
