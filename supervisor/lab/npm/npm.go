// Package npm installs npm packages for tests.
package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Install returns a directory whose node_modules has the packages of package.json and
// package-lock.json in dir. The directory stays in the user's cache, one for each lock file, so
// that only the first run needs a registry. It runs no install script of a package.
func Install(ctx context.Context, dir string) (string, error) {
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.Sum256(lock)
	kept := filepath.Join(cache, "chatter-tests", filepath.Base(dir)+"-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(kept); err == nil {
		return kept, nil
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return "", err
	}
	// The last step renames the directory, so that a killed run leaves no half of it.
	fresh, err := os.MkdirTemp(filepath.Dir(kept), "installing-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := os.CopyFS(fresh, os.DirFS(dir)); err != nil {
		return "", err
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = fresh
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	// Another run may have installed it meanwhile.
	if err := os.Rename(fresh, kept); err != nil {
		if _, missing := os.Stat(kept); missing != nil {
			return "", err
		}
	}
	return kept, nil
}
