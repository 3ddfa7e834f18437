package engines_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"
)

// guest is a guest with a browser. Its methods end the test when something does not become so.
type guest struct {
	*testing.T
	driver
	name, site string
}

// within calls back with a context that ends when a browser hangs.
func (g *guest) within(what string, do func(context.Context) error) {
	g.Helper()
	ctx, cancel := context.WithTimeout(g.Context(), fixture.HangLimit)
	defer cancel()
	if err := do(ctx); err != nil {
		g.Fatalf("%s: %s: %v", g.name, what, err)
	}
}

// value evaluates an expression in a guest's page.
func value[T any](g *guest, expression string) (got T) {
	g.Helper()
	g.within(expression, func(ctx context.Context) error {
		text, err := g.eval(ctx, expression)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &got)
	})
	return got
}

// until waits until an expression is true, of which parts may not be there yet.
func (g *guest) until(what, expression string) {
	g.Helper()
	var last string
	g.within(what+": "+expression, func(ctx context.Context) error {
		for tick := time.NewTicker(40 * time.Millisecond); ; {
			text, err := g.eval(ctx, "Boolean("+expression+")")
			if err == nil && text == "true" {
				return nil
			}
			if err != nil {
				last = err.Error()
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fmtError("still not so", ctx.Err(), []byte(last))
			}
		}
	})
}

// goTo opens an address of the site. From then on the page notes the errors of its scripts.
func (g *guest) goTo(path string) {
	g.Helper()
	g.within("open "+path, func(ctx context.Context) error { return g.open(ctx, g.site+path) })
	g.arrived("location.pathname === " + js("/"+path))
}

func (g *guest) arrived(at string) {
	g.Helper()
	g.until("the page is there", "document.readyState === 'complete' && "+at)
	value[bool](g, `['error', 'unhandledrejection'].every((type) => {
		addEventListener(type, (event) => { (window.faults ??= []).push(String(event.message ?? event.reason)); });
		return true;
	})`)
}

// press scrolls to an element and clicks on its middle, which nothing may cover.
func (g *guest) press(css string) {
	g.Helper()
	g.until(css+" can be clicked", `((e) => {
		e.scrollIntoView({block: 'nearest'});
		const r = e.getBoundingClientRect();
		return r.width > 0 && e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2));
	})(document.querySelector(`+js(css)+"))")
	at := value[struct{ X, Y, Width, Height float64 }](g, "document.querySelector("+js(css)+").getBoundingClientRect()")
	g.within("click on "+css, func(ctx context.Context) error {
		return g.click(ctx, int(at.X+at.Width/2), int(at.Y+at.Height/2))
	})
}

func (g *guest) write(text string) {
	g.Helper()
	g.within("type", func(ctx context.Context) error { return g.keys(ctx, text) })
}

// say writes a message into the field.
func (g *guest) say(text string) {
	g.Helper()
	g.press("#message")
	g.write(text + enter)
}

// colours fails unless the page has the colours of a theme, which can be told apart.
func (g *guest) colours(theme string) {
	g.Helper()
	found := value[[]struct {
		What     string
		Contrast float64
		Desk     float64
	}](g, contrasts)
	if len(found) < 5 {
		g.Fatalf("%s sees %d texts", g.name, len(found))
	}
	for _, text := range found {
		if text.Contrast < 4.5 {
			g.Errorf("%s, %s: the contrast of %s is %.2f", g.name, theme, text.What, text.Contrast)
		}
		if dark := text.Desk < 0.2; dark != (theme == "dark") {
			g.Fatalf("%s: the desk's luminance is %.2f in the theme %s", g.name, text.Desk, theme)
		}
	}
}

// contrasts are those of all texts that are shown, by WCAG 2.2, with the luminance of the desk.
const contrasts = `(() => {
	const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
	const luminance = (colour) => parts(colour).slice(0, 3).map((v) => v / 255)
		.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const back = (e) => {
		const colour = getComputedStyle(e).backgroundColor;
		return parts(colour)[3] === 0 && e.parentElement ? back(e.parentElement) : colour;
	};
	const desk = luminance(back(document.documentElement));
	return Array.from(document.querySelectorAll('body *'))
		.filter((e) => Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length > 0 && !e.disabled && !e.closest('noscript, .unseen'))
		.map((e) => {
			const [a, b] = [luminance(getComputedStyle(e).color), luminance(back(e))];
			return {What: e.localName + '.' + e.className, Contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), Desk: desk};
		});
})()`

// picture writes a picture of the page for people to look at, if CHATTER_SCREENSHOTS names a
// directory.
func (g *guest) picture(name string) {
	g.Helper()
	dir := os.Getenv("CHATTER_SCREENSHOTS")
	if dir == "" {
		return
	}
	// The colours may have changed since the page was painted last.
	value[bool](g, "(window.painted = false, requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = true; })), true)")
	g.until("the page is painted", "window.painted")
	g.within("picture", func(ctx context.Context) error {
		png, err := g.screenshot(ctx)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, filepath.Base(g.Name())+"-"+name+".png"), png, 0o644)
	})
}

// js writes a text as a JavaScript expression.
func js(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}
