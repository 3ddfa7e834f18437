package harden

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	kernel "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// newest is the newest version of Landlock that the package knows.
const newest = 11

// variable is the environment variable that holds the rules in force. The kernel hands these
// on to the same processes that inherit the environment.
const variable = "CHATTER_RESTRICTED"

// Apply restricts this process, as far as the kernel can, to what r allows. Rules that are
// in force already stay as they are. It returns the version of Landlock that enforces them,
// 0 for none.
//
// Another process of the same user cannot read the memory of a process that is not dumpable,
// and no crash handler gets it (core(5): a handler gets it even if the limit is 0).
func (r Rules) Apply() (version int, err error) {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return 0, os.NewSyscallError("prctl(PR_SET_DUMPABLE)", err)
	}
	if err := kernel.AllThreadsPrctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, os.NewSyscallError("prctl(PR_SET_NO_NEW_PRIVS)", err)
	}
	if version = supported(); version == 0 {
		return 0, nil
	}
	if _, ok := inForce(); ok {
		return version, nil
	}
	config := landlock.V11
	if r.AnyPort {
		config.HandledAccessNet &^= kernel.AccessNetConnectTCP
	}
	if err := config.BestEffort().Restrict(r.landlock()...); err != nil {
		return 0, fmt.Errorf("restrict the process: %w", err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	return version, os.Setenv(variable, string(text))
}

// landlock returns the rules as the kernel takes them.
func (r Rules) landlock() []landlock.Rule {
	rules := []landlock.Rule{landlock.PathAccess(kernel.AccessFSReadFile|kernel.AccessFSWriteFile, os.DevNull)}
	allow := func(paths []string, file, directory landlock.AccessFSSet) {
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil {
				continue // The service does without it, or says itself that it is missing.
			}
			if access := file; info.IsDir() {
				rules = append(rules, landlock.PathAccess(access|directory, path).IgnoreIfMissing())
			} else if access != 0 {
				rules = append(rules, landlock.PathAccess(access, path).IgnoreIfMissing())
			}
		}
	}
	allow(r.Read, kernel.AccessFSReadFile, kernel.AccessFSReadDir)
	allow(r.Execute, kernel.AccessFSReadFile|kernel.AccessFSExecute, 0)
	allow(r.Make, kernel.AccessFSResolveUnix, kernel.AccessFSMakeSock|kernel.AccessFSRemoveFile|kernel.AccessFSReadDir)
	allow(r.Connect, kernel.AccessFSResolveUnix, 0)
	for _, port := range r.Bind {
		rules = append(rules, landlock.BindTCP(port))
	}
	if !r.AnyPort {
		for _, port := range r.Ports {
			rules = append(rules, landlock.ConnectTCP(port))
		}
	}
	if r.Lookup {
		rules = append(rules, landlock.BindUDP(0), landlock.ConnectSendUDP(dnsPort))
	}
	return rules
}

// supported returns the version of Landlock that is used, 0 for none.
func supported() int {
	version, err := kernel.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	// go-landlock 0.11 leaves signals alone on kernels with a fault: a process that is
	// restricted cannot signal its own threads.
	const signalsWork = 2
	if errata, err := kernel.LandlockGetErrata(); version >= 6 && (err != nil || errata&signalsWork == 0) {
		return 5
	}
	return min(version, newest)
}

// inForce returns the rules in force on this process. No rules allow to list the root
// directory, so a process that can do it has none, whatever the variable says.
func inForce() (r Rules, ok bool) {
	text := os.Getenv(variable)
	if text == "" {
		return r, false
	}
	if root, err := os.Open("/"); err == nil {
		root.Close()
		return r, false
	}
	return r, json.Unmarshal([]byte(text), &r) == nil
}
