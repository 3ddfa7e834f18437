package doctor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/shared/daemon"
)

// value returns the value of a flag, "" if it is not known. It is what the process itself tells,
// or what its command line, its environment and its settings file say.
func (p *process) value(flag string) string {
	if value, ok := p.settings[flag]; ok && flag != "redis" {
		return value // the address of Redis is told without its password
	}
	if p.arguments == nil {
		return p.settings[flag]
	}
	variable := daemon.EnvName(flag)
	return cmp.Or(p.arguments[flag], p.variables[variable], p.file[variable], defaults[flag])
}

// defaults are the values of the flags that are set nowhere.
var defaults = func() map[string]string {
	values := map[string]string{"max-sockets": "50000"}
	for _, doc := range daemon.Table(new(daemon.Config).Flags("", "")) {
		values[doc.Name] = doc.Default
	}
	return values
}()

// equal are the settings that all processes must have in common.
var equal = []string{"redis", "prefix", "secret-file", "phrase-file", "refuse", "retention", "presence-every", "author-marks", "public-url"}

// checkSettings compares the settings of the processes with each other and with the files.
func checkSettings(_ context.Context, m *Machine, r *result) {
	for _, flag := range equal {
		values := map[string]bool{}
		for _, p := range m.processes {
			value := p.value(flag)
			if flag == "redis" {
				value = daemon.WithoutPassword(value)
			}
			if p.settings != nil || p.arguments != nil {
				values[normal(value)] = true
			}
		}
		if len(values) > 1 {
			r.found(settingsUnequal, fmt.Sprintf("--%s is %s", flag, strings.Join(slices.Sorted(maps.Keys(values)), " and ")))
		}
	}
	for _, p := range m.processes {
		if p.value("limits") == "off" || p.value("say-rate") == "0" {
			r.found(limitsOff, p.name+" runs without limits")
		}
	}
	files := m.dropIns()
	for _, p := range m.processes {
		if p.arguments == nil {
			r.notExamined("settings of "+p.name, "its command line and environment cannot be read (%v): run chatterctl as root", p.unread)
			continue
		}
		m.compareFile(r, p)
		compareDropIns(r, p, files, m.text("etc/supervisor/conf.d/chatter.conf"))
	}
	r.figure = "as in the files"
}

// compareFile compares what the settings file says with what the process tells.
func (m *Machine) compareFile(r *result, p *process) {
	if len(p.file) == 0 {
		return
	}
	if p.settings == nil {
		r.notExamined("whether "+p.name+" has read its settings file", "it is of a version that does not tell its settings")
		return
	}
	for _, variable := range slices.Sorted(maps.Keys(p.file)) {
		flag := flagOf(variable)
		running, known := p.settings[flag]
		want := p.file[variable]
		if flag == "redis" {
			want = daemon.WithoutPassword(want)
		}
		if known && p.arguments[flag] == "" && p.variables[variable] == "" && normal(running) != normal(want) {
			r.found(settingsStale, fmt.Sprintf("%s runs with --%s %s, its settings file says %s", p.name, flag, running, want), "supervisorctl restart "+p.program())
		}
	}
}

// dropIns returns the CHATTER_ variables that supervisor's unit sets, nil if no file sets any.
func (m *Machine) dropIns() map[string]string {
	all := map[string]string{}
	files, _ := filepath.Glob(m.path("etc/systemd/system/supervisor.service.d/*.conf"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for line := range strings.Lines(string(text)) {
			if setting, ok := strings.CutPrefix(strings.TrimSpace(line), "Environment="); ok {
				words := []string{strings.Trim(setting, `"`)}
				if words[0] == setting { // several may stand in a line
					words = strings.Fields(setting)
				}
				maps.Copy(all, parseVariables(words))
			}
		}
	}
	return all
}

// compareDropIns compares the environment of a process with the files that set it. programs is
// the text of the programs' files, which may set variables, too.
func compareDropIns(r *result, p *process, files map[string]string, programs string) {
	const fix = "systemctl daemon-reload && systemctl restart supervisor"
	if len(files) == 0 {
		return
	}
	for _, variable := range slices.Sorted(maps.Keys(files)) {
		if running := p.variables[variable]; normal(running) != normal(files[variable]) {
			r.found(settingsStale, fmt.Sprintf("%s runs without the %s that a drop-in of supervisor sets", p.name, variable), fix)
		}
	}
	for _, variable := range slices.Sorted(maps.Keys(p.variables)) {
		if _, ok := files[variable]; !ok && !strings.Contains(programs, variable+"=") {
			r.found(settingsStale, fmt.Sprintf("%s runs with %s, which no drop-in of supervisor sets", p.name, variable), fix)
		}
	}
}

func flagOf(variable string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "CHATTER_"), "_", "-"))
}

// normal returns one spelling of a duration, a number or a boolean.
func normal(value string) string {
	if d, err := time.ParseDuration(value); err == nil {
		return d.String()
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return value
}

// redisAddress returns the address of Redis with which the services run, "" if it is not known.
func (m *Machine) redisAddress() string {
	for _, p := range m.processes {
		if p.arguments != nil {
			return p.value("redis")
		}
	}
	for _, p := range m.processes {
		if address := p.value("redis"); address != "" {
			return address
		}
	}
	return ""
}

// setting returns the value of a flag in the first process that knows it, "" for none.
func (m *Machine) setting(service, flag string) string {
	for _, p := range m.processes {
		if value := p.value(flag); value != "" && (service == "" || p.service == service) {
			return value
		}
	}
	return ""
}
