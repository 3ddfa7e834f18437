package assets

import (
	"fmt"
	"io/fs"
	"math"
	"path"
	"regexp"
	"testing"
)

// pairs are the colours that meet, by their meanings, and the contrast that WCAG 2.2 AA
// wants between them: 4.5 for text (1.4.3), 3 for signs and controls (1.4.11).
var pairs = []struct {
	front, back string
	least       float64
}{
	{"ink", "desk", 4.5}, {"ink", "slip", 4.5}, {"ink", "own", 4.5},
	{"ink-soft", "desk", 4.5}, {"ink-soft", "slip", 4.5}, {"ink-soft", "own", 4.5},
	{"accent", "desk", 4.5}, {"accent", "slip", 4.5}, {"accent", "own", 4.5},
	{"accent-ink", "accent", 4.5},
	{"danger", "desk", 4.5}, {"danger", "slip", 4.5},
	{"waiting", "desk", 4.5}, {"waiting", "slip", 4.5},
	{"live", "desk", 3}, {"live", "slip", 3},
	{"rule-strong", "desk", 3}, {"rule-strong", "slip", 3},
	{"own-edge", "desk", 3}, {"own-edge", "own", 3},
	{"mask", "desk", 3}, {"mask", "slip", 3}, {"mask", "mask-paper", 3}, {"gaze", "mask", 3},
}

// decoration says nothing that is not said otherwise.
var decoration = map[string]bool{"rule": true, "shade": true}

type colour [3]float64

// tokens are the colours by their meanings, for light and for dark.
func tokens(t *testing.T) map[string][2]string {
	t.Helper()
	content, err := fs.ReadFile(embedded, "static/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][2]string)
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((.+), (.+)\);`).FindAllStringSubmatch(string(content), -1) {
		found[m[1]] = [2]string{m[2], m[3]}
	}
	return found
}

func parseColour(t *testing.T, s string) (c colour) {
	t.Helper()
	var r, g, b int
	if _, err := fmt.Sscanf(s, "#%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return colour{float64(r) / 255, float64(g) / 255, float64(b) / 255}
}

// luminance and contrast are WCAG 2.2's relative luminance and contrast ratio.
func (c colour) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func contrast(a, b colour) float64 {
	dark, light := min(a.luminance(), b.luminance()), max(a.luminance(), b.luminance())
	return (light + 0.05) / (dark + 0.05)
}

func TestColours_CanBeToldApart(t *testing.T) {
	if got := contrast(colour{0, 0, 0}, colour{1, 1, 1}); math.Abs(got-21) > 1e-9 {
		t.Fatalf("black on white: %v", got)
	}
	all := tokens(t)
	met := make(map[string]bool)
	for _, p := range pairs {
		met[p.front], met[p.back] = true, true
		for i, theme := range []string{"light", "dark"} {
			if got := contrast(parseColour(t, all[p.front][i]), parseColour(t, all[p.back][i])); got < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", theme, p.front, p.back, got, p.least)
			}
		}
	}
	for name := range all {
		if !met[name] && !decoration[name] {
			t.Errorf("nobody has looked at what %s stands on", name)
		}
	}
}

// A colour beside the tokens would have no dark side.
func TestColours_StandInTheTokensAlone(t *testing.T) {
	files, err := fs.Glob(embedded, "static/css/*.css")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d styles, %v", len(files), err)
	}
	for _, name := range files {
		if path.Base(name) == "tokens.css" {
			continue
		}
		content, err := fs.ReadFile(embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b[^{]*;|\b(?:rgba?|hsla?|oklch)\(`).FindAllString(string(content), -1) {
			t.Errorf("%s: %s", name, found)
		}
	}
}
