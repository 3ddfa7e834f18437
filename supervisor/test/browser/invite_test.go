package browser_test

import (
	"strings"
	"testing"
)

const (
	unlistedRoom = "/^~[a-z2-7]{4}(-[a-z2-7]{4}){3}$/.test(document.querySelector('#room')?.dataset.room)"
	// The parts of the invitation that a guest sees in an empty room.
	seenCode = "Array.from(document.querySelectorAll('.nobody .qr')).some((code) => code.checkVisibility() && code.naturalWidth > 0)"
	seenLink = "Array.from(document.querySelectorAll('.nobody .address')).some((link) => link.checkVisibility() && link.href === location.href)"
)

func TestUnlisted_ARoomNobodySees(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.look("index with the way to an unlisted room")
	ann.click("button[form=unlisted]")
	ann.until("Ann is in a room of her own, which shows its link and code", unlistedRoom+" && "+seenCode+" && "+seenLink)
	ann.awaitLive()
	ann.look("unlisted room")
	path := value[string](ann, "location.pathname")

	ann.say("only for us")
	ann.awaitLog(1)
	ann.until("the invitation makes room", "!document.querySelector('.nobody').checkVisibility()")
	ben := newGuest(t, w, "Ben")
	ben.open(path)
	ben.awaitLog(1)
	// A listed room in which something is said later appears, the unlisted one does not.
	ann.openRoom("Listed after it")
	ann.say("for all")
	ann.awaitLog(1)
	ben.open("/index/")
	ben.until("the listed room is there", "document.querySelector('#rooms').innerText.includes('Listed after it')")
	if rooms := value[string](ben, "document.querySelector('#rooms').innerText"); strings.Contains(rooms, "~") {
		t.Errorf("the index lists %q", rooms)
	}
}

func TestUnlisted_WithoutScripts(t *testing.T) {
	t.Parallel()
	w := site(t)
	cat := withoutScripts(t, w, "Cat")
	cat.click("button[form=unlisted]")
	cat.until("Cat is in a room of her own, which shows its link and code", unlistedRoom+" && "+seenCode+" && "+seenLink)
	cat.look("unlisted room without scripts")
	cat.post("hello")
	cat.until("the log has the space", "!document.querySelector('.nobody .address')?.checkVisibility()")
}

func TestInvite_AnEmptyRoomOffersItsAddress(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.openRoom("Tea & שלום 茶")
	ann.until("it can be copied", "document.querySelector('.nobody .copy:not([hidden])')")
	ann.look("empty room")
	if value[bool](ann, seenCode) {
		t.Error("the QR code is there before anybody wanted it")
	}
	for _, tt := range []struct{ selected, want string }{
		{".nobody .address", value[string](ann, "location.href")},
		{".nobody .address bdi", ""}, // the browser copies this part as it is shown
	} {
		// A script may start a copy only shortly after a key or a click.
		got := value[string](ann, `(() => {
			getSelection().selectAllChildren(document.querySelector('`+tt.selected+`'));
			const copy = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
			document.querySelector('.nobody .address').dispatchEvent(copy);
			return copy.clipboardData.getData('text/plain');
		})()`)
		if got != tt.want {
			t.Errorf("with %s selected %q is copied, want %q", tt.selected, got, tt.want)
		}
	}
	value[bool](ann, "(navigator.clipboard.writeText = async (text) => { window.copied = text; }, true)")
	ann.click(".nobody .copy")
	ann.until("it is copied", "window.copied === location.href && document.querySelector('.nobody .copied').innerText === 'Copied.'")
	ann.click(".nobody summary")
	ann.until("the code is there", seenCode)
}
