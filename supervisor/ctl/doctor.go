package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"chatter/supervisor/ctl/internal/doctor"
)

var examine = command{
	name: "doctor", args: "[--json]",
	help: "examines this machine and says what endangers Chatter's promises",
	run: func(ctx context.Context, s *site, args []string) (text string, err error) {
		report := doctor.Examine(ctx, doctor.New(s.dir))
		if report.InDanger() {
			err = errInDanger
		}
		if len(args) == 0 {
			return strings.TrimSuffix(report.String(), "\n"), err
		}
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(report) // into memory, of texts only
		return strings.TrimSuffix(b.String(), "\n"), err
	},
}
