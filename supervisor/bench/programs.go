package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// systemPath is where servers are installed and an ordinary user's PATH does not lead.
var systemPath = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// programsFor finds what the measurements start beside the services, in PATH or in dirs.
// What is missing is said at the start, not after minutes.
func programsFor(chosen []bench, dirs []string) (paths map[string]string, err error) {
	needed := []string{"redis-server"}
	for _, b := range chosen {
		if b.nginx {
			needed = append(needed, "nginx")
		}
	}
	paths = make(map[string]string)
	for _, program := range needed {
		if paths[program], err = find(program, dirs); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func find(program string, dirs []string) (string, error) {
	path, err := exec.LookPath(program)
	for _, dir := range dirs {
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
