package assets

import (
	"io/fs"
	"regexp"
	"testing"
)

// physical are properties and values that name a side of the screen. Languages differ in the
// side at which a line begins.
var physical = regexp.MustCompile(`(?m)(?:^|[;{])\s*(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|border-(?:top|bottom)-(?:left|right)-radius|left|right|background-position(?:-x)?)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)\b|\btranslateX\(`)

func TestStyles_NameNoSideOfTheScreen(t *testing.T) {
	styles, err := fs.Glob(embedded, "static/css/*.css")
	if err != nil || len(styles) == 0 {
		t.Fatalf("%d styles, %v", len(styles), err)
	}
	for _, name := range styles {
		style, err := fs.ReadFile(embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range physical.FindAllString(string(style), -1) {
			t.Errorf("%s has %q", name, found)
		}
	}
	for _, style := range []string{
		"a { margin-left: 0 }", "a {\n  right: 0;\n}", "a{color:red;border-left-width:0}", "a { text-align: right; }",
		"a { border-top-left-radius: 0 }", "a { transform: translateX(1px) }", "a { float: left; }",
	} {
		if !physical.MatchString(style) {
			t.Errorf("finds no side in %q", style)
		}
	}
	for _, style := range []string{"a { margin-inline-start: 0 }", "a { padding: env(safe-area-inset-left) }", "a { text-align: start; float: inline-start; }"} {
		if physical.MatchString(style) {
			t.Errorf("finds a side in %q", style)
		}
	}
}
