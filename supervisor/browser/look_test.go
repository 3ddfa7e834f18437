package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// picturesDir is where pictures of the pages go, for people to look at; "" = nowhere.
const picturesDir = "CHATTER_SCREENSHOTS"

var sizes = []struct {
	name          string
	width, height int64
	more          []chromedp.EmulateViewportOption
}{
	{"phone", 390, 844, []chromedp.EmulateViewportOption{chromedp.EmulateScale(2), chromedp.EmulatePortrait, chromedp.EmulateMobile, chromedp.EmulateTouch}},
	{"desktop", 1280, 800, nil},
}

// tooWide are the elements that can be scrolled sideways.
const tooWide = `Array.from(document.querySelectorAll('*'))
	.filter((e) => e.scrollWidth > e.clientWidth && (e === document.documentElement || /auto|scroll/.test(getComputedStyle(e).overflowX)))
	.map((e) => e.localName + '.' + e.className)`

// look shows the page in both sizes, light and dark, keeps pictures where they are
// wanted, and fails when a page has to be scrolled sideways.
func (b *tab) look(name string) {
	b.Helper()
	dir := os.Getenv(picturesDir)
	for _, size := range sizes {
		b.do("resize", chromedp.EmulateViewport(size.width, size.height, size.more...))
		if wide := value[[]string](b, tooWide); len(wide) > 0 {
			b.Errorf("%s, on a %s: %q are too wide", name, size.name, wide)
		}
		for _, scheme := range []string{"light", "dark"} {
			if dir == "" {
				break
			}
			b.colours(scheme)
			b.picture(filepath.Join(dir, strings.Join([]string{strings.ReplaceAll(name, " ", "-"), size.name, scheme}, "-")+".png"))
		}
	}
	b.colours("")
	b.do("resize", chromedp.ResetViewport())
}

// colours sets what the guest's system prefers; "" = nothing.
func (b *tab) colours(scheme string) {
	b.Helper()
	b.do("choose colours", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

func (b *tab) picture(path string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		b.Errorf("%s: picture %s: %v", b.who, path, err)
	}
}

func TestLook_EveryPageFitsPhoneAndDesktop(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Garden 🌱"
	talked(t, w, room)
	door := newProfile(t, w, "Somebody")
	door.open("/")
	door.look("sign-in")
	door.allow(`status of 422 .*/index/`)
	door.until("the name is asked for", "document.activeElement.id === 'user'")
	door.put("no/slashes in a name of this length, please")
	door.enter()
	door.until("the name is refused", "document.querySelector('#user-problem')")
	door.look("sign-in refused")

	ann, ben := newGuest(t, w, "Annika"), newGuest(t, w, "Benjamin")
	for _, b := range []*tab{ann, ben} {
		b.openRoom(room)
	}
	for i, text := range garden.live {
		b := []*tab{ann, ben}[i%2]
		b.say(text)
		ann.awaitLog(len(garden.past) + i + 1)
	}
	ann.look("room")

	// The longest of names, without a place to break.
	ben.openRoom(strings.Repeat("W", 25))
	ben.look("room empty")
	if status := ben.open("/index/"); status != 200 {
		t.Errorf("index: %d", status)
	}
	ben.look("index")
	ben.allow(`status of 404 `)
	if status := ben.open("/chat/" + strings.Repeat("n", 26) + "/"); status != 404 {
		t.Errorf("a room whose name is too long: %d", status)
	}
	ben.look("error 404")
}
