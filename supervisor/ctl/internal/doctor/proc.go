package doctor

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// proc returns a file of /proc about a process, "" if it cannot be read.
func (m *Machine) proc(pid int, file string) string { return m.text("proc", strconv.Itoa(pid), file) }

// words returns the words behind a label at the beginning of a line.
func words(text, label string) []string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, label); ok {
			return strings.Fields(rest)
		}
	}
	return nil
}

func numbers(words []string) (list []int) {
	for _, word := range words {
		n, _ := strconv.Atoi(word)
		list = append(list, n)
	}
	return list
}

// nulls returns the parts of a text that end with a null byte, as in cmdline and environ.
func nulls(text string) []string { return strings.Split(strings.TrimRight(text, "\x00"), "\x00") }

// limit returns the soft limit of a process, such as "Max open files".
func (m *Machine) limit(pid int, name string) (float64, bool) {
	found := words(m.proc(pid, "limits"), name)
	if len(found) == 0 {
		return 0, false
	}
	if found[0] == "unlimited" {
		return math.Inf(1), true
	}
	n, err := strconv.ParseFloat(found[0], 64)
	return n, err == nil
}

// account is a user with its groups, the first of which is that of its process.
type account struct {
	user   int
	groups []int
}

// account returns with which rights a process runs, and false if /proc does not tell it.
func (m *Machine) account(pid int) (account, bool) {
	text := m.proc(pid, "status")
	users, groups := numbers(words(text, "Uid:")), numbers(words(text, "Gid:"))
	if len(users) < 2 || len(groups) < 2 {
		return account{}, false
	}
	const effective = 1
	return account{users[effective], append([]int{groups[effective]}, numbers(words(text, "Groups:"))...)}, true
}

// mayWrite reports whether the account may write to a file.
func (a account) mayWrite(info os.FileInfo) bool {
	owner, group := ownerOf(info)
	mode := info.Mode().Perm()
	switch {
	case a.user == 0:
		return true
	case a.user == owner:
		return mode&0o200 != 0
	case slices.Contains(a.groups, group):
		return mode&0o020 != 0
	default:
		return mode&0o002 != 0
	}
}

// ownerOf returns the user and the group of a file.
func ownerOf(info os.FileInfo) (user, group int) {
	s := info.Sys().(*syscall.Stat_t)
	return int(s.Uid), int(s.Gid)
}

// children returns the processes that a process has started.
func (m *Machine) children(pid int) []int {
	return numbers(strings.Fields(m.proc(pid, "task/"+strconv.Itoa(pid)+"/children")))
}

// ticks is the unit of the times in /proc/PID/stat: Linux shows 100 a second to all programs.
const ticks = 100

// started returns when a process started.
func (m *Machine) started(pid int) (time.Time, bool) {
	stat := m.proc(pid, "stat")
	fields := numbers(strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]))
	boot := numbers(words(m.text("proc/stat"), "btime "))
	const startField = 19 // the 22nd, of which two stand before the last bracket
	if len(boot) == 0 || len(fields) <= startField {
		return time.Time{}, false
	}
	return time.Unix(int64(boot[0]), 0).Add(time.Duration(fields[startField]) * (time.Second / ticks)), true
}
