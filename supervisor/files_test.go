package supervisor_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"chatter/shared/parts"
	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A variable that chatter.conf wants and the drop-in does not set would keep supervisord
// from starting on a VM.
func TestDropIn_SetsWhatTheProgramsWant(t *testing.T) {
	set := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^Environment=(\w+)=`).FindAllStringSubmatch(read(t, "chatter-supervisor.conf"), -1) {
		set[m[1]] = true
	}
	wanted := regexp.MustCompile(`%\(ENV_(\w+)\)s`).FindAllStringSubmatch(read(t, "chatter.conf"), -1)
	if len(wanted) == 0 {
		t.Fatal("chatter.conf wants nothing")
	}
	for _, m := range wanted {
		if !set[m[1]] {
			t.Errorf("chatter-supervisor.conf does not set %s", m[1])
		}
	}
}

// supervisord kills what has not ended by then, in the middle of its drain.
func TestPrograms_HaveTimeToDrain(t *testing.T) {
	waits := regexp.MustCompile(`(?m)^stopwaitsecs=(\d+)`).FindAllStringSubmatch(read(t, "chatter.conf"), -1)
	if len(waits) != 2 {
		t.Fatalf("%d programs say how long to wait, want 2", len(waits))
	}
	for _, m := range waits {
		secs, err := strconv.Atoi(m[1])
		if wait := time.Duration(secs) * time.Second; err != nil || wait <= parts.DefaultDrainTimeout {
			t.Errorf("stopwaitsecs=%s, the drain takes up to %v", m[1], parts.DefaultDrainTimeout)
		}
	}
}

// Both programs have the same settings, except that httpd uses one core. supervisor has no
// way to write them once.
func TestPrograms_AreAlike(t *testing.T) {
	sections := regexp.MustCompile(`\[fcgi-program:(\w+)\]`)
	text := regexp.MustCompile(`(?m)^;.*\n|\n\n`).ReplaceAllString(read(t, "chatter.conf"), "")
	at := sections.FindAllStringSubmatchIndex(text, -1)
	if len(at) != 2 {
		t.Fatalf("%d programs, want 2", len(at))
	}
	httpd := text[at[0][1]:at[1][0]]
	const oneCore = "environment=GOMAXPROCS=\"1\"\n"
	if !strings.Contains(httpd, oneCore) {
		t.Errorf("httpd lacks %q: a page costs half as much again on several cores", oneCore)
	}
	httpd = strings.Replace(httpd, oneCore, "", 1)
	wsd := text[at[1][1]:]
	alike := regexp.MustCompile(`\b(httpd|wsd)\b`)
	clean := func(s string) string { return strings.TrimSpace(alike.ReplaceAllString(s, "NAME")) }
	if diff := cmp.Diff(clean(httpd), clean(wsd)); diff != "" {
		t.Errorf("(-httpd +wsd):\n%s", diff)
	}
}

// The package's programs are made of chatter.conf. A variable that is left in them would keep
// supervisord from starting.
func TestPackage_ProgramsNeedNoEnvironment(t *testing.T) {
	out, err := exec.Command("package/programs").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`%\(ENV_\w+\)s`).FindAllString(string(out), -1) {
		t.Errorf("%s is left", m)
	}
	for _, program := range []string{"httpd", "wsd"} {
		command := "\ncommand=setpriv --pdeathsig TERM /usr/lib/chatter/current/" + program + " --settings /etc/chatter/settings --listen fd:0 "
		if strings.Count(string(out), command) != 1 {
			t.Errorf("no program has%s", command)
		}
	}
}
