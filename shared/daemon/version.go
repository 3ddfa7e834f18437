package daemon

import (
	"fmt"
	"time"
)

// Version is the version of the release. The package's build sets it by -ldflags.
var Version = "development"

// begun is when this image began to run. A reload keeps the process but begins an image.
var begun = time.Now()

// versionText tells which image answers: no two images of a process have the same text.
func versionText() string {
	return fmt.Sprintf("%s, since %s", Version, begun.UTC().Format(time.RFC3339Nano))
}
