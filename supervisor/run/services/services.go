// Package services makes the files that httpd and wsd need before they start: their binaries and
// the secret that both read.
package services

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// Names are the services, each the name of its binary and of its module.
var Names = []string{"httpd", "wsd"}

// Build compiles the services into dir, which it creates. It needs the go command, and a
// working directory inside the workspace. flags are passed to `go build`.
func Build(ctx context.Context, dir string, flags ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("build services: %w", err)
	}
	args := append([]string{"build"}, flags...)
	args = append(args, "-o", dir+string(filepath.Separator))
	for _, name := range Names {
		args = append(args, "chatter/"+name)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build services: %w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}

// EnsureSecret writes a new random key to path, which only its owner may read, unless the file
// exists.
func EnsureSecret(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	_, err = fmt.Fprintln(f, base64.RawURLEncoding.EncodeToString(key))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	return nil
}
