package web

import (
	"fmt"
	"image/color"
	"net/http"
	"strings"

	"chatter/shared/limits"
	"chatter/shared/name"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"github.com/labstack/echo/v4"
)

// quietZone is the margin of a QR code, in modules (ISO/IEC 18004).
const quietZone = 4

// qrRate is of one address class. A code takes up to 20 ms of a core.
var qrRate = limits.Rate{Burst: 60, PerSecond: 2}

// qrCode answers GET /chat/NAME/qr/ with the room's address as a QR code.
func (s *Site) qrCode(c echo.Context, room name.Room) error {
	if _, ok := s.session(c); !ok {
		return askToSignIn(c, room.Path())
	}
	class, now := s.Classes.Of(c.Request(), s.now()), s.now()
	if wait := s.qrCodes.Wait(class, now); wait > 0 {
		retryAfter(c, wait)
		return c.NoContent(http.StatusTooManyRequests)
	}
	s.qrCodes.Fail(class, now)
	// Medium error correction is enough: a screen is neither dirty nor torn.
	code, err := qr.Encode(s.address(c, room), qr.M, qr.Unicode)
	if err != nil {
		return fmt.Errorf("draw QR code: %w", err)
	}
	return c.Blob(http.StatusOK, "image/svg+xml", drawModules(code))
}

// drawModules draws a code black on white, also on a dark page: many readers need it.
func drawModules(code barcode.Barcode) []byte {
	size := code.Bounds().Dx()
	var dark strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && code.At(x, y) == color.Gray16Model.Convert(color.Black) {
				x++
			}
			if x > from {
				fmt.Fprintf(&dark, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="%[2]s"/></svg>`, size+2*quietZone, dark.String())
}
