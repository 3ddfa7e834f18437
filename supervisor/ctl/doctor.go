package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"chatter/supervisor/ctl/internal/doctor"
)

var examine = command{
	name: "doctor", args: "[--json]",
	help: "examines this machine and says what endangers Chatter's promises",
	own: func(ctx context.Context, s *site, args []string, stdout, stderr io.Writer) int {
		fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		asJSON := fs.Bool("json", false, "")
		err := fs.Parse(args)
		if err == nil && fs.NArg() > 0 {
			err = errors.New("it takes no argument but --json")
		}
		if err != nil {
			return misused(stderr, "doctor: %v", err)
		}
		report := doctor.Examine(ctx, doctor.New(s.dir))
		if *asJSON {
			encoder := json.NewEncoder(stdout)
			encoder.SetIndent("", "  ")
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(report)
		} else {
			fmt.Fprint(stdout, report)
		}
		if report.InDanger() {
			return exitFailed
		}
		return exitDone
	},
}
