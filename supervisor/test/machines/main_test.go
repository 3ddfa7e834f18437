// Package machines_test sets up several machines as MACHINES.md says and takes one after the
// other away while guests talk. A machine is a set of Linux namespaces with an address, files,
// and processes of its own; the loss of its first process ends it, as a power cut does.
package machines_test

import (
	"os"
	"testing"

	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(fixture.Main(m)) }
