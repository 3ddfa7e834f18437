package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A test that sleeps is slow on a quick machine and wrong on a slow one. In a bubble of
// testing/synctest a sleep takes no time, so files that import it may.
func TestTests_DoNotSleep(t *testing.T) {
	t.Parallel()
	read := 0
	for _, module := range modules(t) {
		err := filepath.WalkDir(filepath.Join(root, module), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			read++
			lines, err := sleeps(path, nil)
			for _, line := range lines {
				t.Errorf("%s:%d: a test sleeps", strings.TrimPrefix(path, root+"/"), line)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if read < len(modules(t)) {
		t.Errorf("%d tests in all modules: the test looks in the wrong place", read)
	}
}

// sleeps returns the lines on which a file, whose text src may give, uses time.Sleep
// outside a bubble.
func sleeps(path string, src any) ([]int, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	name := ""
	for _, spec := range file.Imports {
		switch imported, _ := strconv.Unquote(spec.Path.Value); {
		case imported == "testing/synctest":
			return nil, nil
		case imported == "time" && spec.Name != nil:
			name = spec.Name.Name
		case imported == "time":
			name = "time"
		}
	}
	var lines []int
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == name && name != "" {
				lines = append(lines, files.Position(n.Pos()).Line)
			}
		}
		return true
	})
	return lines, nil
}

func TestSleeps_FindsThem(t *testing.T) {
	for src, want := range map[string][]int{
		"package x\nimport \"time\"\nfunc f() {\ntime.Sleep(1)\n}":                           {4},
		"package x\nimport clock \"time\"\nvar f = clock.Sleep":                              {3},
		"package x\nimport \"time\"\n// time.Sleep\nvar s = \"time.Sleep\"":                  nil,
		"package x\nimport (\n\"time\"\n\"testing/synctest\"\n)\nfunc f() { time.Sleep(1) }": nil,
		"package x\nimport time \"example.org/other\"\nfunc f() { time.Sleep(1) }":           nil,
	} {
		if got, err := sleeps("x_test.go", src); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %v, %v, want %v", src, got, err, want)
		}
	}
}
