package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const (
	choice     = "document.querySelector('#choice')"
	activeRoom = "(document.activeElement.closest('#rooms li')?.dataset.name ?? '')"
)

// filtered opens the index of a site with two rooms that match "frid", and one that does not.
func filtered(t *testing.T) *tab {
	w := ownSite(t)
	ann := newGuest(t, w, "Ann")
	for _, room := range []string{"Friday drinks", "Black Friday", "Garden"} {
		ann.use(room)
	}
	ann.open("/index/")
	ann.until("the rooms are there", "document.querySelectorAll('#rooms li').length === 3")
	return ann
}

func TestFilter_EnterAsksWhichRoomIsMeant(t *testing.T) {
	t.Parallel()
	ann := filtered(t)
	if value[bool](ann, choice+".checkVisibility()") {
		t.Error("an empty field asks")
	}
	ann.do("look at the room field", focusOn("#room"))
	ann.press("frid")
	if words := value[string](ann, choice+".innerText"); words != "2 rooms in the list match. Enter leads to them. Open the new room “\u2068frid\u2069”" {
		t.Errorf("the page says %q", words)
	}
	ann.press("ay dr")
	if words := value[string](ann, choice+".innerText"); words != "1 room in the list matches. Enter leads to it. Open the new room “\u2068friday dr\u2069”" {
		t.Errorf("the page says %q", words)
	}
	ann.look("index unclear")
	ann.enter()
	if room := value[string](ann, activeRoom); room != "Friday drinks" {
		t.Errorf("Enter leads to %q", room)
	}
	ann.look("index asked")
	ann.press("i") // She types on.
	if typed := value[string](ann, "document.activeElement.value"); typed != "friday dri" {
		t.Errorf("typed on, and the field has %q", typed)
	}
	ann.enter()
	ann.enter()
	ann.until("the room is open", "document.querySelector('#room')?.dataset.room === 'Friday drinks'")

	// The whole name, in any spelling, is no question.
	ann.open("/index/")
	ann.do("look at the room field", focusOn("#room"))
	ann.put("black FRIDAY")
	ann.enter()
	ann.until("the room is open", "document.querySelector('#room')?.dataset.room.toLowerCase() === 'black friday'")
}

func TestFilter_ANewRoomAllTheSame(t *testing.T) {
	t.Parallel()
	ann := filtered(t)
	ann.do("look at the room field", focusOn("#room"))
	ann.press("frid")
	ann.click("#choice a")
	ann.until("the room is open", "document.querySelector('#room')?.dataset.room === 'frid'")
}

func TestFilter_ArrowKeysGoThroughTheList(t *testing.T) {
	t.Parallel()
	ann := filtered(t)
	ann.do("look at the room field", focusOn("#room"))
	ann.press("frid")
	names := value[[]string](ann, "Array.from(document.querySelectorAll('#rooms li:not([hidden])'), (row) => row.dataset.name)")
	if len(names) != 2 {
		t.Fatalf("%q match", names)
	}
	for _, step := range []struct{ key, want string }{
		{kb.ArrowDown, names[0]}, {kb.ArrowDown, names[1]}, {kb.ArrowDown, names[1]}, {kb.ArrowUp, names[0]},
	} {
		ann.press(step.key)
		if room := value[string](ann, activeRoom); room != step.want {
			t.Errorf("an arrow key leads to %q, want %q", room, step.want)
		}
	}
	ann.press(kb.ArrowUp)
	if on := value[bool](ann, "document.activeElement === "+choice+".querySelector('a')"); !on {
		t.Error("above the first room is not the new one")
	}
	ann.press(kb.ArrowUp)
	if on := value[bool](ann, "document.activeElement.id === 'room'"); !on {
		t.Error("above the new room is not the field")
	}
	ann.press(kb.ArrowDown)
	ann.press(kb.Escape)
	if on := value[bool](ann, "document.activeElement.id === 'room'"); !on {
		t.Error("Escape does not lead to the field")
	}
}

func TestFilter_WithoutScriptsEnterOpensWhatIsTyped(t *testing.T) {
	t.Parallel()
	ann := filtered(t)
	ann.scripts(false)
	ann.open("/index/")
	if value[bool](ann, choice+".checkVisibility()") {
		t.Error("without scripts there is a question without an answer")
	}
	ann.do("look at the room field", focusOn("#room"))
	ann.put("frid")
	ann.enter()
	ann.until("the room is open", "document.querySelector('#room')?.dataset.room === 'frid'")
}
