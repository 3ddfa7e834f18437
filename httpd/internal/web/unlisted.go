package web

import (
	"crypto/rand"
	"strings"

	"chatter/shared/name"
)

// newUnlisted returns an unlisted room that nobody knows yet, such as ~k3vq-7hdn-x2ma-p5tz.
func newUnlisted() name.Room {
	code := strings.ToLower(rand.Text()) // base32; 16 letters of it hold 80 bits
	room, err := name.ParseRoom("~" + strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:16]}, "-"))
	if err != nil {
		panic(err) // it has letters, digits and hyphens
	}
	return room
}
