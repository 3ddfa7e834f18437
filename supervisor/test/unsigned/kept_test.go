package unsigned_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kept is what Redis keeps together: a key with its value, or a command in its file.
type kept struct {
	where string
	key   string
	kind  string // of the value
	parts []string
}

func (k kept) String() string { return fmt.Sprintf("%s: %s (%s) %q", k.where, k.key, k.kind, k.parts) }

// everything returns all keys with all that they hold.
func everything(t *testing.T, c *raw) []kept {
	t.Helper()
	var all []kept
	for _, key := range c.flat("KEYS", "*") {
		k := kept{where: "redis", key: key, kind: fmt.Sprint(c.do("TYPE", key))}
		switch k.kind {
		case "string":
			k.parts = c.flat("GET", key)
		case "list":
			k.parts = c.flat("LRANGE", key, "0", "-1")
		case "set":
			k.parts = c.flat("SMEMBERS", key)
		case "zset":
			k.parts = c.flat("ZRANGE", key, "0", "-1", "WITHSCORES")
		case "hash":
			k.parts = c.flat("HGETALL", key)
		case "stream":
			k.parts = c.flat("XRANGE", key, "-", "+")
			// A consumer's name is kept too.
			for _, group := range c.flat("XINFO", "GROUPS", key) {
				k.parts = append(k.parts, "group", group)
			}
		default:
			t.Fatalf("%s is of a type that nobody thought of: %s", key, k.kind)
		}
		all = append(all, k)
	}
	if others := strings.Count(fmt.Sprint(c.do("INFO", "keyspace")), "\ndb"); others > 1 {
		t.Errorf("there are %d databases, and this looks at one", others)
	}
	return all
}

// written returns the commands in the append-only files below dir, and after those that
// were run together, a script's, say, all of them as one.
func written(t *testing.T, dir string) []kept {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.incr.aof"))
	if err != nil {
		t.Fatal(err)
	}
	var all []kept
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		commands, err := commands(text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, commands...)
	}
	if len(all) == 0 {
		t.Fatalf("no command in the files %q", files)
	}
	return all
}

func commands(text []byte) ([]kept, error) {
	var all []kept
	begun := 0 // where what is run together begins
	for r := bufio.NewReader(bytes.NewReader(text)); ; {
		value, err := readValue(r)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		args := flatten(value)
		switch name := strings.ToUpper(args[0]); {
		case name == "SELECT":
		case name == "MULTI":
			begun = len(all)
		case name == "EXEC":
			together := kept{where: "file", kind: name}
			for _, k := range all[begun:] {
				together.parts = append(append(together.parts, k.key), k.parts...)
			}
			all = append(all, together)
		case len(args) < 2: // It changes everything.
			all = append(all, kept{where: "file", kind: name})
		default:
			all = append(all, kept{where: "file", kind: name, key: args[1], parts: args[2:]})
		}
	}
}

// bases are the files that Redis wrote in a form of its own; there the whole file is
// one text.
func bases(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".incr.aof") {
			return err
		}
		text, err := os.ReadFile(path)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
