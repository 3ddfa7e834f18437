package child

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// SystemPath has the directories of servers that are often missing in the PATH of a user.
var SystemPath = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// Find returns the path of a program in PATH or in SystemPath.
func Find(program string) (string, error) {
	path, err := exec.LookPath(program)
	for _, dir := range SystemPath {
		if err == nil {
			break
		}
		path, err = exec.LookPath(filepath.Join(dir, program))
	}
	if err != nil {
		return "", fmt.Errorf("%s is not installed", program)
	}
	return path, nil
}

// Of returns the ids of the processes that a process has started. Without /proc it returns
// none.
func Of(pid int) (pids []int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for field := range strings.FieldsSeq(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}
