package child_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/supervisor/run/child"
)

// The test binary is its own parent (starts a child and waits for ever) and child
// (does nothing until its standard input ends).
func TestMain(m *testing.M) {
	switch os.Getenv("CHILD_TEST") {
	case "parent":
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "CHILD_TEST=child")
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
		ended, err := child.Start(cmd, syscall.SIGKILL)
		if err != nil {
			panic(err)
		}
		<-ended
	case "child":
		fmt.Println("child", os.Getpid())
		bufio.NewReader(os.Stdin).ReadByte()
	default:
		os.Exit(m.Run())
	}
}

func TestStart_ChildDiesWithAKilledParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can do it")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CHILD_TEST=parent")
	stdin, err := cmd.StdinPipe() // Keeps the child going for as long as it is open.
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.SetReadDeadline(time.Now().Add(2 * time.Minute))
	lines := bufio.NewReader(r)
	if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "child") {
		t.Fatalf("read %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	// The pipe ends when the last process that can write to it is gone.
	if line, err := lines.ReadString('\n'); err == nil {
		t.Errorf("read %q; want the end", line)
	}
}

func TestStart_ReportsTheEnd(t *testing.T) {
	ended, err := child.Start(exec.Command("false"), syscall.SIGTERM)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("false ended well")
	}
	if _, err := child.Start(exec.Command("/no/such/program"), syscall.SIGTERM); err == nil {
		t.Error("a program that is not there was started")
	}
}
