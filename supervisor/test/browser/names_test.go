package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestNames_LongOnesAreCutGently(t *testing.T) {
	t.Parallel()
	w := site(t)
	long := "0" + strings.Repeat("W", 24) // of all rooms, the index lists the first by name
	b := newGuest(t, w, strings.Repeat("Ŵ", 25))
	b.use(long)
	b.open("/index/")
	b.until("the room is listed", "document.querySelector('#rooms li[data-name="+js(long)+"]')")
	b.look("index long names")
	const full = `(css) => [...document.querySelectorAll(css)].some((e) => e.innerText.includes(%s) && e.scrollWidth <= e.clientWidth + 1)`
	for css, name := range map[string]string{"h1": b.name, "#users bdi, #users li": b.name, "#rooms a, #rooms li": long} {
		b.until(css+" shows the whole of "+name, "("+fmt.Sprintf(full, js(name))+")("+js(css)+")")
	}
	b.open("/")
	b.look("sign-in long name")
}

// A name that does not fit shows its beginning, which is at the right for some.
func TestNames_TheirBeginningIsInSight(t *testing.T) {
	t.Parallel()
	w := site(t)
	phone := sizes[0]
	for _, long := range []string{"أول" + strings.Repeat("س", 20), strings.Repeat("W", 25)} {
		b := newGuest(t, w, long)
		b.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
		for path, css := range map[string]string{roomPath(long): "h1", "/index/": ".account-name"} {
			b.open(path)
			b.until(css+" begins in sight", `(() => {
				const name = document.querySelector(`+js(css)+`), range = document.createRange(), box = name.getBoundingClientRect();
				const text = document.createTreeWalker(name, NodeFilter.SHOW_TEXT).nextNode();
				range.setStart(text, 0);
				range.setEnd(text, 1);
				const {left, right} = range.getBoundingClientRect();
				const cut = name.firstElementChild.scrollWidth > box.width || name.scrollWidth > name.clientWidth;
				return cut && left >= box.left - 1 && right <= box.right + 1;
			})()`)
		}
	}
}
