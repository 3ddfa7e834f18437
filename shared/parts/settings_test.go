package parts_test

import (
	"os"
	"path/filepath"
	"testing"

	"chatter/shared/parts"
)

// settings writes a settings file and returns its path.
func settings(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettings_FlagWinsOverVariableWinsOverFile(t *testing.T) {
	path := settings(t, "# the file\n\n  CHATTER_SECRET_FILE=by file\nCHATTER_PREFIX=by file=\r\nCHATTER_REDIS=unix:///by-file\n"+
		"CHATTER_LOG_FORMAT=json\nCHATTER_OF_ANOTHER_SERVICE=7\n")
	env := map[string]string{"CHATTER_REDIS": "unix:///by-variable", "CHATTER_LOG_FORMAT": "json", "CHATTER_PREFIX": ""}
	getenv := func(name string) string { return env[name] }
	for name, parse := range map[string]func(*parts.Config) error{
		"flag": func(c *parts.Config) error {
			return c.Parse(newFlags(c), []string{"--settings", path, "--log-format=text"}, getenv)
		},
		"variable": func(c *parts.Config) error {
			env["CHATTER_SETTINGS"] = path
			return c.Parse(newFlags(c), []string{"--log-format=text"}, getenv)
		},
	} {
		var c parts.Config
		if err := parse(&c); err != nil {
			t.Fatalf("file named by %s: %v", name, err)
		}
		got := []string{c.SecretFile, c.Prefix, c.Redis, c.LogFormat}
		want := []string{"by file", "by file=", "unix:///by-variable", "text"}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("file named by %s: got %q, want %q", name, got[i], want[i])
			}
		}
	}
}

func TestSettings_ErrorNamesFileAndLine(t *testing.T) {
	for text, says := range map[string]string{
		"CHATTER_REDIS = unix:///r\n":                     "line 1: want CHATTER_NAME=value",
		"\nREDIS=unix:///r\n":                             "line 2: want CHATTER_NAME=value",
		"CHATTER_REDIS\n":                                 "line 1: want CHATTER_NAME=value",
		"# one\nexport CHATTER_REDIS=x\n":                 "line 2: want CHATTER_NAME=value",
		"CHATTER_REDIS=\"unix:///r\"\n":                   "line 1: CHATTER_REDIS: want the value without quotes",
		"CHATTER_PREFIX=a:\nx\n":                          "line 2",
		"CHATTER_PREFIX=a:\nCHATTER_PREFIX=b:\n":          "line 2: CHATTER_PREFIX is set a second time",
		"CHATTER_SECRET_FILE=s\nCHATTER_SAY_RATE=fast\n":  `invalid value "fast" for CHATTER_SAY_RATE: want a number`,
		"CHATTER_SECRET_FILE=s\nCHATTER_REDIS=ftp://x\n":  "CHATTER_REDIS",
		"CHATTER_SECRET_FILE=s\nCHATTER_CHECK=perhaps\n":  "CHATTER_CHECK",
		"CHATTER_REDIS=unix:///r\n# no secret is named\n": "CHATTER_SECRET_FILE",
	} {
		path := settings(t, text)
		var c parts.Config
		err := c.Parse(newFlags(&c), []string{"--settings=" + path}, noEnv)
		wantError(t, err, says)
	}
	path := settings(t, "CHATTER_SAY_RATE=fast\n")
	var c parts.Config
	wantError(t, c.Parse(newFlags(&c), []string{"--settings=" + path}, noEnv), path)
	wantError(t, c.Parse(newFlags(&c), []string{"--settings=" + path + "-none"}, noEnv), "--settings", path+"-none")
}
