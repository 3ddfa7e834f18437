package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"chatter/shared/session"
)

var secretCheck = check{"secret", checkSecret, processes, []kind{
	{"secret-bad", Danger, "it can be read or guessed, and then everybody's sessions forged", "%s"},
	{"secret-owner", Danger, "another user than root and the services owns or reads the key of all sessions", "chown root:%s %s"},
	{"secret-words", Warning, "a key that looks like words can be guessed", "(umask 027; head -c 33 /dev/urandom | base64 > %s)"},
}}

// checkSecret looks at the secret file of each service.
func checkSecret(_ context.Context, m *Machine, r *result) {
	var seen []string
	for _, p := range m.processes {
		file := p.value("secret-file")
		switch {
		case file == "":
			r.notExamined("secret of "+p.Name, "its settings are not known: run chatterctl as root")
		case !slices.Contains(seen, file):
			seen = append(seen, file)
			m.checkSecretFile(r, p, m.path(file))
		}
	}
}

func (m *Machine) checkSecretFile(r *result, p *process, path string) {
	_, err := session.LoadKeys(path)
	if errors.Is(err, fs.ErrPermission) {
		r.notExamined("secret "+path, "it is for others: run chatterctl as root")
		return
	}
	if err != nil {
		what, fix, _ := strings.Cut(err.Error(), "; ")
		if _, use, ok := strings.Cut(what, ", use: "); ok {
			fix = use
		}
		r.find("secret-bad", "%s", what).fill(fix)
		return
	}
	info, err := os.Stat(path)
	service, ok := m.account(p.pid)
	if err != nil || !ok {
		r.notExamined("owner of "+path, "the user of %s is not known", p.Name)
	} else if owner, group := ownerOf(info); owner != 0 && owner != service.user || info.Mode()&0o040 != 0 && !slices.Contains(service.groups, group) {
		r.find("secret-owner", "%s belongs to %d:%d, the services are %d:%d", path, owner, group, service.user, service.groups[0]).
			fill(strconv.Itoa(service.groups[0]), path)
	}
	checkSecretLines(r, path)
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
			r.find("secret-words", "line %d of %s looks like words", number, path).fill(path)
		}
	}
	r.figure = fmt.Sprintf("%d lines in the file", number)
}
