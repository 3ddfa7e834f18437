package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"chatter/shared/session"
)

// checkSecret looks at the secret file of each service.
func checkSecret(_ context.Context, m *Machine, r *result) {
	files := map[string]bool{}
	for _, p := range m.processes {
		file := p.value("secret-file")
		if file == "" {
			r.notExamined("secret of "+p.name, "its settings are not known: run chatterctl as root")
		}
		if file == "" || files[file] {
			continue
		}
		files[file] = true
		path := m.path(file)
		if _, err := session.LoadKeys(path); errors.Is(err, fs.ErrPermission) {
			r.notExamined("secret "+file, "it is for others: run chatterctl as root")
			continue
		} else if err != nil {
			what, fix, _ := strings.Cut(err.Error(), "; ")
			if _, use, ok := strings.Cut(what, ", use: "); ok {
				fix = use
			}
			r.found(secretBad, what, fix)
			continue
		}
		m.checkSecretOwner(r, p, path)
		checkSecretLines(r, path)
	}
}

func (m *Machine) checkSecretOwner(r *result, p *process, path string) {
	info, err := os.Stat(path)
	user, groups, ok := m.user(p.pid)
	if err != nil || !ok {
		r.notExamined("owner of "+path, "the user of %s is not known", p.name)
		return
	}
	owner, group := ownerOf(info)
	if owner != 0 && owner != user || info.Mode()&0o040 != 0 && !slices.Contains(groups, group) {
		r.found(secretOwner, fmt.Sprintf("%s belongs to %d:%d, the services are %d:%d", path, owner, group, user, groups[0]), fmt.Sprint(groups[0]), path)
	}
}

// checkSecretLines finds keys that a person may have typed. A random key in hexadecimal or
// base64 has a digit or a capital letter, but for one in a billion.
func checkSecretLines(r *result, path string) {
	secret, err := os.ReadFile(path)
	if err != nil {
		return
	}
	number := 0
	for line := range bytes.Lines(secret) {
		number++
		if key := bytes.TrimSpace(line); len(key) > 0 && (!bytes.ContainsAny(key, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") || bytes.ContainsAny(key, " \t")) {
			r.found(secretWords, fmt.Sprintf("line %d of %s looks like words", number, path), path)
		}
	}
	r.figure = fmt.Sprintf("%d lines in the file", number)
}
