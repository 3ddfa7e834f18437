package harden

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"path/filepath"
)

// maxLinks bounds a chain of symbolic links, as the kernel does.
const maxLinks = 40

// libraries are where the C library is, for a binary that was built with cgo.
var libraries = []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.preload"}

// directories returns where a file with that name may lie: the directory of the name, and if
// it is a symbolic link those of the names that it leads to. A file directly in the root
// directory is itself returned: a rule for the root would allow everything.
func directories(name string) (dirs []string) {
	for range maxLinks {
		if absolute, err := filepath.Abs(name); err == nil {
			name = absolute
		}
		dir := filepath.Dir(name)
		if dir == "/" {
			dirs = append(dirs, name)
		} else {
			dirs = append(dirs, dir)
		}
		target, err := os.Readlink(name)
		if err != nil {
			break
		}
		if name = target; !filepath.IsAbs(target) {
			name = filepath.Join(dir, target)
		}
	}
	return dirs
}

// releases returns where the program's next release may lie: where a file with its name may,
// and beside the directory to which a link leads, as with current/httpd and
// current -> release-7.
func releases(program string) (dirs []string) {
	for _, dir := range directories(program) {
		dirs = append(dirs, dir)
		if _, err := os.Readlink(dir); err == nil && filepath.Dir(dir) != "/" {
			dirs = append(dirs, filepath.Dir(dir))
		}
	}
	return dirs
}

// dynamicLoader returns the program that loads the C library of a binary, "" if the binary
// needs none.
func dynamicLoader(program string) string {
	f, err := elf.Open(program)
	if err != nil {
		return "" // the file is gone, or this is no system with ELF
	}
	defer f.Close()
	for _, part := range f.Progs {
		if part.Type != elf.PT_INTERP {
			continue
		}
		name, _ := io.ReadAll(part.Open())
		return string(bytes.TrimRight(name, "\x00"))
	}
	return ""
}
