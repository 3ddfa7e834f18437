package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var backup = command{
	name: "backup", args: "FILE [PATH...]",
	help: "writes the secret, the settings and your nginx directives to FILE",
	run: func(_ context.Context, _ *site, args []string) (string, error) {
		m := machine{}
		files, err := m.collect(args[1:])
		if err != nil {
			return "", err
		}
		if err := m.write(args[0], files); err != nil {
			return "", fmt.Errorf("write the backup: %w", err)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s has:\n", args[0])
		for _, f := range files {
			fmt.Fprintf(&b, "    %s\n", f.path)
		}
		b.WriteString("It holds the secret: keep it where nobody else can read it.")
		return b.String(), nil
	},
}

// Every backup has these files. Redis's data, logs and certificates are not in it.
const (
	secretFile   = "/etc/chatter/secret"
	settingsFile = "/etc/chatter/settings"
	dropIn       = "/etc/systemd/system/supervisor.service.d/chatter.conf" // of the manual setup
	directives   = "/etc/nginx/chatter.d"
)

// programsFile may set variables, too. It is not kept: an installation writes it.
const programsFile = "/etc/supervisor/conf.d/chatter.conf"

// pathSetting is the name of a setting that names a file which belongs into a backup.
const pathSetting = `CHATTER_(?:SECRET_FILE|PHRASE_FILE|REFUSE)=`

// pathSettings finds their values. Several settings may stand in a line of systemd or supervisor.
var pathSettings = regexp.MustCompile(`(?m)^\s*[#;].*` + // a comment
	`|^\s*` + pathSetting + `([^"'\n].*)` + // a line of the settings file
	`|["']` + pathSetting + `([^"'\n]*)` + // "NAME=value"
	`|` + pathSetting + `["']([^"'\n]*)` + // NAME="value"
	`|` + pathSetting + `([^\s"',]+)`)

// forbidden are directories that hold what guests said or when they came.
var forbidden = []string{"/var/lib/chatter", "/var/lib/redis", "/var/log", "/run"}

// machine is where files are read and written. Tests have one below root.
type machine struct{ root string }

func (m machine) path(absolute string) string { return filepath.Join(m.root, absolute) }

// collect reads what a backup has: the usual files, those that the settings name, and those
// that the operator names.
func (m machine) collect(named []string) ([]file, error) {
	paths := []string{secretFile}
	for _, settings := range []string{settingsFile, dropIn, programsFile} {
		text, err := os.ReadFile(m.path(settings))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if settings != programsFile {
			paths = append(paths, settings)
		}
		for _, match := range pathSettings.FindAllStringSubmatch(string(text), -1) {
			if path := strings.TrimSpace(strings.Join(match[1:], "")); path != "" {
				paths = append(paths, path)
			}
		}
	}
	found, err := filepath.Glob(m.path(directives) + "/*.conf")
	if err != nil {
		return nil, err
	}
	for _, path := range found {
		paths = append(paths, strings.TrimPrefix(path, m.root))
	}
	for _, path := range named {
		below, err := m.below(path)
		if err != nil {
			return nil, err
		}
		paths = append(paths, below...)
	}
	var files []file
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			continue
		}
		f, err := m.read(path)
		if err != nil {
			return nil, fmt.Errorf("read what belongs into the backup: %w", err)
		}
		files = append(files, f)
	}
	return files, nil
}

// below returns the files at or below a path.
func (m machine) below(path string) (files []string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(m.path(path), func(at string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, strings.TrimPrefix(at, m.root))
		}
		return err
	})
	return files, err
}

// allowed returns an error for a path that no backup has.
func allowed(path string) error {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path {
		return fmt.Errorf("%q is not an absolute path", path)
	}
	for _, dir := range forbidden {
		if path == dir || within(path, dir) {
			return fmt.Errorf("%s is not kept: below %s lies what guests said, or when they came, which must be forgotten", path, dir)
		}
	}
	if ext := filepath.Ext(path); ext == ".aof" || ext == ".rdb" {
		return fmt.Errorf("%s is not kept: it is a file of Redis, which holds what guests said", path)
	}
	return nil
}

func within(path, dir string) bool { return strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/") }
