package house_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestReadme_CommandsAreInTheMakefile(t *testing.T) {
	t.Parallel()
	targets := makeTargets(readFile(t, "Makefile"))
	commands := makeCommands(readFile(t, "README.md"))
	for _, command := range commands {
		if !slices.Contains(targets, command) {
			t.Errorf("README.md says `make %s`, the Makefile has %q", command, targets)
		}
	}
	for _, command := range []string{"run", "test", "up", "down"} {
		if !slices.Contains(commands, command) {
			t.Errorf("README.md does not tell of `make %s`", command)
		}
	}
}

// `make` alone must tell of everything that it can do.
func TestMakefile_HelpTellsEveryTarget(t *testing.T) {
	t.Parallel()
	text := readFile(t, "Makefile")
	for _, target := range makeTargets(text) {
		if target != "help" && !regexp.MustCompile(`echo 'make `+target+`\b`).MatchString(text) {
			t.Errorf("`make help` does not tell of %s", target)
		}
	}
}

var (
	target   = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	fenced   = regexp.MustCompile("(?ms)^```.*?^```")
	indented = regexp.MustCompile(`(?m)^(?:    |\t).*$`)
	inline   = regexp.MustCompile("`[^`\n]+`")
	command  = regexp.MustCompile(`(?:^|[\s` + "`" + `;&])make ((?:[a-z][a-z-]*\s?)+)`)
)

func makeTargets(makefile string) []string {
	var names []string
	for _, m := range target.FindAllStringSubmatch(makefile, -1) {
		names = append(names, m[1])
	}
	return names
}

// makeCommands returns the targets that a text in markdown tells to make, in its code;
// "make sure" elsewhere is only a word.
func makeCommands(markdown string) []string {
	var code []string
	rest := fenced.ReplaceAllStringFunc(markdown, func(block string) string {
		for line := range strings.Lines(block) {
			before, _, _ := strings.Cut(line, "#")
			code = append(code, before)
		}
		return ""
	})
	code = append(code, inline.FindAllString(rest, -1)...)
	for _, line := range indented.FindAllString(rest, -1) {
		before, _, _ := strings.Cut(line, "#")
		code = append(code, before)
	}
	names := map[string]bool{}
	for _, c := range code {
		for _, m := range command.FindAllStringSubmatch(c, -1) {
			for _, name := range strings.Fields(m[1]) {
				names[name] = true
			}
		}
	}
	return sorted(names)
}

func TestMakeCommands_FindsThemInCode(t *testing.T) {
	text := "To make sure, `make run`, or `PORT=9000 make up`.\n\n    make help # make tea\n\n```sh\ncd x && make test  # make coffee\nmake build lint\n```\n\n`cmake this` and `make`\n"
	want := []string{"build", "help", "lint", "run", "test", "up"}
	if got := makeCommands(text); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := makeTargets(".PHONY: a\nall: b\n\tx: y\nbuild-it:\n"); !slices.Equal(got, []string{"all", "build-it"}) {
		t.Errorf("got targets %q", got)
	}
}
