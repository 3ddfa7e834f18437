package doctor

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/parts"
	"chatter/shared/redisconn"
)

var settingsCheck = check{"settings", checkSettings, processes, []kind{
	{"settings-stale", Warning, "the process runs with other settings than the files say", "%s"},
	{"settings-unequal", Danger, "services that disagree on it lose sessions, messages or names", "supervisorctl restart httpd:* wsd:*"},
	{"limits-off", Danger, "one client can fill every room and Redis", "remove --limits off, and set --say-rate to 5"},
}}

// equal are the settings that all processes must have in common.
var equal = []string{"redis", "prefix", "secret-file", "phrase-file", "refuse", "retention", "presence-every", "author-marks", "public-url"}

// checkSettings compares the settings of the processes with each other and with the files.
func checkSettings(_ context.Context, m *Machine, r *result) {
	for _, flag := range equal {
		values := map[string]bool{}
		for _, p := range m.processes {
			if p.told != nil || p.arguments != nil {
				values[normal(flag, p.value(flag))] = true
			}
		}
		if len(values) > 1 {
			r.find("settings-unequal", "--%s is %s", flag, strings.Join(slices.Sorted(maps.Keys(values)), " and "))
		}
	}
	dropIns := m.dropIns()
	for _, p := range m.processes {
		if p.value("limits") == "off" || p.value("say-rate") == "0" {
			r.find("limits-off", "%s runs without limits", p.Name)
		}
		if p.arguments == nil {
			r.notExamined("settings of "+p.Name, "its command line and environment cannot be read (%v): run chatterctl as root", p.unread)
			continue
		}
		compareFile(r, p)
		if len(dropIns) > 0 {
			compareDropIns(r, p, dropIns, m.text("etc/supervisor/conf.d/chatter.conf"))
		}
	}
	r.figure = "as in the files"
}

// compareFile compares what the settings file says with what the process tells.
func compareFile(r *result, p *process) {
	if p.told == nil && len(p.file) > 0 {
		r.notExamined("whether "+p.Name+" has read its settings file", "it is of a version that does not tell its settings")
		return
	}
	for _, flag := range slices.Sorted(maps.Keys(p.file)) {
		running, known := p.told[flag]
		overridden := p.arguments[flag] != "" || p.variables[flag] != ""
		if want := normal(flag, p.file[flag]); known && !overridden && normal(flag, running) != want {
			r.find("settings-stale", "%s runs with --%s %s, its settings file says %s", p.Name, flag, running, want).
				fill("supervisorctl restart " + p.Program())
		}
	}
}

// quotedWord is a variable in a line of a unit, where quotes hold spaces together.
var quotedWord = regexp.MustCompile(`(?:"[^"]*"|[^\s"])+`)

// dropIns returns the values of flags that supervisor's unit sets.
func (m *Machine) dropIns() map[string]string {
	all := map[string]string{}
	files, _ := filepath.Glob(m.path("etc/systemd/system/supervisor.service.d/*.conf"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for line := range strings.Lines(string(text)) {
			if line, ok := strings.CutPrefix(strings.TrimSpace(line), "Environment="); ok {
				words := strings.Join(quotedWord.FindAllString(line, -1), "\n")
				maps.Copy(all, parseVariables(strings.Split(strings.ReplaceAll(words, `"`, ""), "\n")))
			}
		}
	}
	return all
}

// compareDropIns compares the environment of a process with the files that set it. programs is
// the text of the programs' files, which may set variables, too.
func compareDropIns(r *result, p *process, dropIns map[string]string, programs string) {
	const fix = "systemctl daemon-reload && systemctl restart supervisor"
	for _, flag := range slices.Sorted(maps.Keys(dropIns)) {
		if oneSpelling(flag, p.variables[flag]) != oneSpelling(flag, dropIns[flag]) {
			r.find("settings-stale", "%s runs without the %s that a drop-in of supervisor sets", p.Name, daemon.EnvName(flag)).fill(fix)
		}
	}
	for _, flag := range slices.Sorted(maps.Keys(p.variables)) {
		variable := daemon.EnvName(flag)
		if _, ok := dropIns[flag]; !ok && !strings.Contains(programs, variable+"=") {
			r.find("settings-stale", "%s runs with %s, which no drop-in of supervisor sets", p.Name, variable).fill(fix)
		}
	}
}

// normal returns one spelling of the value of a flag, without the password of Redis.
func normal(flag, value string) string {
	if flag == "redis" {
		return redisconn.WithoutPassword(value)
	}
	return oneSpelling(flag, value)
}

// oneSpelling returns the value of a flag in the spelling in which a process tells it. Of the flags
// that only one service has it knows durations, numbers and lists.
func oneSpelling(flag, value string) string {
	if f := new(parts.Config).Flags("", "").Lookup(flag); f != nil && f.Value.Set(value) == nil {
		return f.Value.String()
	}
	if d, err := time.ParseDuration(value); err == nil {
		return d.String()
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }), ",")
}
