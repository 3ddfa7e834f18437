package engines_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// oldest are the browsers that the site supports, as MDN's data names them. httpd's bundles
// are written for the same ones.
var oldest = map[string]float64{"chrome": 108, "firefox": 102, "safari": 15.4}

// feature is a part of MDN's browser compatibility data: the features in it, by name, and
// their support under __compat.
type feature map[string]any

func loadFeatures(t *testing.T) feature {
	t.Helper()
	dir, err := packages()
	if err != nil {
		missingPackages(t, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "node_modules/@mdn/browser-compat-data/data.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all feature
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// at returns the feature at a path, nil if the data have none.
func (f feature) at(path ...string) feature {
	for _, name := range path {
		next, _ := f[name].(map[string]any)
		f = next
	}
	return f
}

// lacks returns the oldest browsers that do not have the feature. known tells whether the data
// have it.
func (f feature) lacks() (browsers []string, known bool) {
	support := f.at("__compat", "support")
	if support == nil {
		return nil, false
	}
	for browser, version := range oldest {
		statements, ok := support[browser].([]any)
		if !ok {
			statements = []any{support[browser]}
		}
		if !slices.ContainsFunc(statements, func(s any) bool { return covers(s, version) }) {
			browsers = append(browsers, browser)
		}
	}
	slices.Sort(browsers)
	return browsers, true
}

// covers reports whether a statement says that a version has the feature without a prefix, a
// flag or another name.
func covers(statement any, version float64) bool {
	s, _ := statement.(map[string]any)
	if s["flags"] != nil || s["prefix"] != nil || s["alternative_name"] != nil {
		return false
	}
	added, ok := number(s["version_added"])
	removed, gone := number(s["version_removed"])
	return ok && added <= version && (!gone || removed > version)
}

func number(version any) (float64, bool) {
	text, _ := version.(string)
	parts := strings.SplitN(strings.TrimPrefix(text, "≤"), ".", 3) // 15.4.1 is 15.4
	n, err := strconv.ParseFloat(strings.Join(parts[:min(len(parts), 2)], "."), 64)
	return n, err == nil
}

// findings collects what the oldest browsers do not know and what is not excused.
type findings struct {
	*testing.T
	excused map[string]string // reasons by the names of features
	met     map[string]bool
}

// check reports a feature that an old browser lacks. where is the file.
func (f *findings) check(where, name string, what feature) {
	f.Helper()
	if browsers, _ := what.lacks(); len(browsers) > 0 {
		f.report(where, name, browsers)
	}
}

func (f *findings) report(where, name string, browsers []string) {
	f.Helper()
	if f.met[where+" "+name] {
		return
	}
	f.met[where+" "+name], f.met[name] = true, true
	if f.excused[name] == "" {
		f.Errorf("%s: %s is not known to %v; give it a plain form, or guard it and add a reason here", where, name, browsers)
	}
}

// unused fails for an excuse that nothing needs.
func (f *findings) unused() {
	f.Helper()
	for name := range f.excused {
		if !f.met[name] {
			f.Errorf("the excuse for %s is needed nowhere", name)
		}
	}
}

func TestFeature_Lacks(t *testing.T) {
	all := loadFeatures(t)
	for path, want := range map[string]string{
		"javascript builtins Array findLast":         "[firefox] true",
		"api AbortSignal timeout_static":             "[safari] true",
		"css properties content alt_text":            "[firefox safari] true",
		"html global_attributes popover":             "[chrome firefox safari] true",
		"html elements dialog":                       "[] true",
		"css selectors has":                          "[firefox] true",
		"css types color light-dark":                 "[chrome firefox safari] true",
		"javascript builtins Array no such function": "[] false",
	} {
		browsers, known := all.at(strings.Fields(path)...).lacks()
		if got := fmt.Sprint(browsers, known); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
