package supervisor_test

import (
	"os"
	"regexp"
	"testing"
)

// A variable that chatter.conf wants and the drop-in does not set would keep supervisord
// from starting on a VM.
func TestDropIn_SetsWhatTheProgramsWant(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	set := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^Environment=(\w+)=`).FindAllStringSubmatch(read("chatter-supervisor.conf"), -1) {
		set[m[1]] = true
	}
	wanted := regexp.MustCompile(`%\(ENV_(\w+)\)s`).FindAllStringSubmatch(read("chatter.conf"), -1)
	if len(wanted) == 0 {
		t.Fatal("chatter.conf wants nothing")
	}
	for _, m := range wanted {
		if !set[m[1]] {
			t.Errorf("chatter-supervisor.conf does not set %s", m[1])
		}
	}
}
