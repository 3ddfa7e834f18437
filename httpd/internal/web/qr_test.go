package web

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/shared/session"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// readQR reads a picture of this site's QR codes as a phone would.
func readQR(t *testing.T, svg string) string {
	t.Helper()
	var drawn struct {
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(svg), &drawn); err != nil || len(drawn.Paths) != 2 {
		t.Fatalf("%v: %.200s", err, svg)
	}
	const scale = 4
	var size int
	fmt.Sscanf(drawn.ViewBox, "0 0 %d", &size)
	picture := image.NewGray(image.Rect(0, 0, size*scale, size*scale))
	for i := range picture.Pix {
		picture.Pix[i] = 0xff
	}
	for bar := range strings.SplitSeq(strings.TrimSuffix(drawn.Paths[1].D, "z"), "z") {
		var x, y, width, back int
		if _, err := fmt.Sscanf(bar, "M%d %dh%dv1h-%d", &x, &y, &width, &back); err != nil || width != back {
			t.Fatalf("%q: %v", bar, err)
		}
		for px := x * scale; px < (x+width)*scale; px++ {
			for py := y * scale; py < (y+1)*scale; py++ {
				picture.Set(px, py, color.Black)
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	// Straight and without noise: the way of looking for a code in a photograph misses some.
	pure := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, pure)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestQR_HoldsTheRoomsAddress(t *testing.T) {
	site := newSite(t)
	b := site.guest("Ann")
	for _, room := range []string{"x", "Tea 100%? 🍵 & شاي", strings.Repeat("👋🏽", 25)[:96]} {
		path := mustRoom(t, room).Path()
		a := b.get(path + "qr/").want(http.StatusOK)
		if got := a.Header.Get("Content-Type"); got != "image/svg+xml" {
			t.Errorf("%s: content type %q", room, got)
		}
		if got, want := readQR(t, a.body), site.base+path; got != want {
			t.Errorf("%s: reads %q, want %q", room, got, want)
		}
		if address, _ := b.get(path).wantPage(http.StatusOK).Find("#about .address").Attr("href"); address != site.base+path {
			t.Errorf("%s: the page says %q", room, address)
		}
	}
	cookie := site.Keys.Cookie(session.New(mustUser(t, "Ann")), time.Now(), site.seen("https"))
	a := site.browser().get("/chat/x/qr/", "X-Forwarded-Proto", "https", "Cookie", cookie.Name+"="+cookie.Value).want(http.StatusOK)
	if got := readQR(t, a.body); !strings.HasPrefix(got, "https://") {
		t.Errorf("behind https: %q", got)
	}
}

func TestQR_NeedsWhatTheRoomNeeds(t *testing.T) {
	site := newSite(t)
	site.browser().get("/chat/x/qr/").wantRedirect(http.StatusSeeOther, "/?next=%2Fchat%2Fx%2F")
	b := site.guest("Ann")
	b.get("/chat/%20x/qr/").wantRedirect(http.StatusMovedPermanently, "/chat/x/qr/")
	b.get("/chat/x/qr").wantRedirect(http.StatusMovedPermanently, "/chat/x/qr/")
	b.get("/chat/a%2Fb/qr/").wantPage(http.StatusNotFound)
	if visited, used, _ := site.spy.take(); len(visited)+len(used) > 0 {
		t.Errorf("%q are here, %q are used", visited, used)
	}
}

// A code costs a hundred times as much as an asset.
func TestQR_OneClassGetsSoManyAtOnce(t *testing.T) {
	site := newSite(t)
	site.at(time.Now())
	ann := site.guest("Ann")
	for range int(qrRate.Burst) {
		ann.get("/chat/x/qr/").want(http.StatusOK)
	}
	if a := ann.get("/chat/x/qr/"); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("one more: %d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
}
