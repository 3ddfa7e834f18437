package house_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chatter/shared/daemon"
	"chatter/supervisor/run/services"
	"chatter/supervisor/test/fixture"
	"github.com/google/go-cmp/cmp"
)

const (
	flagHeader = "| flag | variable | httpd | wsd | meaning |"
	noFlag     = "—"
	noDefault  = "none"
)

// A flag that README.md does not have, or tells something else about, is one that
// nobody can trust the table on.
func TestReadme_FlagTableIsThatOfTheServices(t *testing.T) {
	t.Parallel()
	want := flagTable(t)
	got := tableUnder(readFile(t, "README.md"), flagHeader)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README.md (+) and the services (-) differ:\n%s\nThe table should be:\n\n%s\n", diff, strings.Join(want, "\n"))
	}
}

// flagTable is the table as README.md should hold it, from what the services say with
// -h: a row a flag, by name, then the other service's rows that it shares.
func flagTable(t *testing.T) []string {
	t.Helper()
	bin := fixture.Services(t)
	known := map[string]map[string]daemon.FlagDoc{}
	names := map[string]bool{}
	for _, service := range services.Names {
		known[service] = map[string]daemon.FlagDoc{}
		for _, doc := range usage(t, filepath.Join(bin, service)) {
			known[service][doc.Name] = doc
			names[doc.Name] = true
		}
		if len(known[service]) == 0 {
			t.Fatalf("%s names no flag", service)
		}
	}
	rows := []string{flagHeader, "| --- | --- | --- | --- | --- |"}
	for _, name := range sorted(names) {
		h, inHTTPD := known["httpd"][name]
		w, inWSD := known["wsd"][name]
		doc := h
		if !inHTTPD {
			doc = w
		}
		if inHTTPD && inWSD && h.Help != w.Help {
			t.Errorf("--%s is explained in two ways:\nhttpd: %s\nwsd:   %s", name, h.Help, w.Help)
		}
		rows = append(rows, fmt.Sprintf("| `--%s` | `%s` | %s | %s | %s |", name, doc.Env, cell(h, inHTTPD), cell(w, inWSD), doc.Help))
	}
	return rows
}

func cell(doc daemon.FlagDoc, known bool) string {
	switch {
	case !known:
		return noFlag
	case doc.Default == "":
		return noDefault
	default:
		return "`" + doc.Default + "`"
	}
}

// usage asks a program for its flags.
func usage(t *testing.T, path string) []daemon.FlagDoc {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, "-h")
	// The table is about defaults without any variable.
	cmd.Env = []string{"HOME=" + os.Getenv("HOME")}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s -h: %v\n%s", path, err, out)
	}
	return parseUsage(t, string(out))
}

// parseUsage reads what daemon.WriteUsage wrote. The header says where the columns
// begin: a default may be empty, an explanation has spaces.
func parseUsage(t *testing.T, text string) []daemon.FlagDoc {
	t.Helper()
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	header := slices.IndexFunc(lines, func(s string) bool {
		return slices.Equal(strings.Fields(s), []string{"flag", "variable", "default"})
	})
	if header < 0 {
		t.Fatalf("no table in:\n%s", text)
	}
	variable := strings.Index(lines[header], "variable")
	def := strings.Index(lines[header], "default")
	help := len(lines[header])
	var docs []daemon.FlagDoc
	for _, line := range lines[header+1:] {
		if len(line) < help || !strings.HasPrefix(line, "  --") {
			t.Fatalf("%q is no row of the table:\n%s", line, text)
		}
		docs = append(docs, daemon.FlagDoc{
			Name:    strings.TrimPrefix(strings.TrimSpace(line[:variable]), "--"),
			Env:     strings.TrimSpace(line[variable:def]),
			Default: strings.TrimSpace(line[def:help]),
			Help:    strings.TrimSpace(line[help:]),
		})
	}
	return docs
}

// tableUnder returns the lines of a markdown table from its header on, nil when there
// is none. How wide the cells are is for whoever writes them.
func tableUnder(markdown, header string) []string {
	var table []string
	for line := range strings.Lines(markdown) {
		line = tidyRow(line)
		if table == nil && line != header {
			continue
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		table = append(table, line)
	}
	return table
}

func tidyRow(line string) string {
	cells := strings.Split(strings.TrimSpace(line), "|")
	for i, c := range cells {
		c = strings.TrimSpace(c)
		if c != "" && strings.Trim(c, "-") == "" {
			c = "---"
		}
		cells[i] = c
	}
	return strings.TrimSpace(strings.Join(cells, " | "))
}
