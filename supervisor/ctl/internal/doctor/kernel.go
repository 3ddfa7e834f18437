package doctor

import (
	"context"
	"strconv"
	"strings"
)

var kernelCheck = check{"kernel", checkKernel, nothing, []kind{
	{"somaxconn-low", Warning, "after a restart connections are refused while everybody comes back", "sysctl -w net.core.somaxconn=4096"},
	{"overcommit-off", Warning, "a rewrite of Redis's file may fail although memory is free", "sysctl -w vm.overcommit_memory=1"},
	{"swap-plain", Warning, "pages with messages stay on the disk", "swapoff -a, or encrypt the swap"},
}}

// backlog is socket_backlog in supervisor/chatter.conf.
const backlog = 4096

// checkKernel looks at settings of the kernel. The package changes none of them.
func checkKernel(_ context.Context, m *Machine, r *result) {
	if most, err := strconv.Atoi(m.text("proc/sys/net/core/somaxconn")); err != nil {
		r.notExamined("net.core.somaxconn", "/proc/sys does not tell it")
	} else if most < backlog {
		r.find("somaxconn-low", "net.core.somaxconn is %d, the sockets of the services ask for %d", most, backlog)
	}
	if mode := m.text("proc/sys/vm/overcommit_memory"); mode == "" {
		r.notExamined("vm.overcommit_memory", "/proc/sys does not tell it")
	} else if mode != "1" {
		r.find("overcommit-off", "vm.overcommit_memory is %s", mode)
	}
	header, swaps, _ := strings.Cut(m.text("proc/swaps"), "\n")
	if header == "" {
		r.notExamined("swap", "/proc/swaps cannot be read")
	}
	for line := range strings.Lines(swaps) {
		if device, _, _ := strings.Cut(line, " "); !isSafeSwap(device) {
			r.find("swap-plain", "%s is swap without encryption", device)
		}
	}
}

// isSafeSwap reports whether a device is memory itself, or one of the device mapper, which may
// encrypt it.
func isSafeSwap(device string) bool {
	return strings.HasPrefix(device, "/dev/zram") || strings.HasPrefix(device, "/dev/dm-") || strings.HasPrefix(device, "/dev/mapper/")
}
