package doctor

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// backlog is socket_backlog in supervisor/chatter.conf.
const backlog = 4096

// checkKernel looks at settings of the kernel. The package changes none of them.
func checkKernel(_ context.Context, m *Machine, r *result) {
	switch most, err := strconv.Atoi(m.text("proc/sys/net/core/somaxconn")); {
	case err != nil:
		r.notExamined("net.core.somaxconn", "/proc/sys does not tell it")
	case most < backlog:
		r.found(somaxconnLow, fmt.Sprintf("net.core.somaxconn is %d, the sockets of the services ask for %d", most, backlog))
	}
	switch mode := m.text("proc/sys/vm/overcommit_memory"); mode {
	case "":
		r.notExamined("vm.overcommit_memory", "/proc/sys does not tell it")
	case "1":
	default:
		r.found(overcommitOff, "vm.overcommit_memory is "+mode)
	}
	text := m.text("proc/swaps")
	if text == "" {
		r.notExamined("swap", "/proc/swaps cannot be read")
	}
	for i, line := range strings.Split(text, "\n") {
		// Memory itself, and what the device mapper may encrypt.
		fields := strings.Fields(line)
		if i > 0 && len(fields) > 0 && !strings.HasPrefix(fields[0], "/dev/zram") && !strings.HasPrefix(fields[0], "/dev/dm-") && !strings.HasPrefix(fields[0], "/dev/mapper/") {
			r.found(swapPlain, fields[0]+" is swap without encryption")
		}
	}
}
