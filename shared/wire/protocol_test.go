package wire

import (
	"os"
	"strings"
	"testing"
)

// A client's author finds each code in PROTOCOL.md, with what to do.
func TestProtocol_TellsWhatToDoForEachCode(t *testing.T) {
	page, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []Code{
		CodeBadFrame, CodeEmpty, CodeTooLong, CodeBadText, CodeBadNonce, CodeRateLimited, CodeUnavailable, CodeMuted, CodeFull,
	} {
		row := "| `" + string(code) + "` | "
		if !strings.Contains(string(page), row+"by itself |") && !strings.Contains(string(page), row+"asks the guest |") {
			t.Errorf("no row of a table begins with %q and says who decides", row)
		}
	}
}
