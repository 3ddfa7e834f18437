package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestQuote_FillsTheForm(t *testing.T) {
	site := newSite(t)
	id := site.say("x", "> before\nThe first words\nand more").String()
	b := site.guest("Ann")
	for query, want := range map[string]string{
		"quote=" + id:                  "> The first words\n",
		"quote=0-1":                    "",
		"quote=18446744073709551615-1": "",
		"quote=%3Cb%3E":                "",
		"quote=":                       "",
		"quote=" + strings.Replace(id, "-", "+", 1): "",
	} {
		doc := b.get("/chat/x/?" + query).wantPage(http.StatusOK)
		// An HTML parser takes away the first line break of a textarea.
		if got := strings.TrimPrefix(doc.Find("#message").Text(), "\n"); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	// Without scripts, the control of each message leads there.
	doc := b.get("/chat/x/log/").wantPage(http.StatusOK)
	button := doc.Find("#log .cite")
	if value, _ := button.Attr("value"); value != id || button.AttrOr("name", "") != "quote" {
		t.Errorf("the control sends %q as %q", value, button.AttrOr("name", ""))
	}
	form := doc.Find("form#" + button.AttrOr("form", "none"))
	if form.AttrOr("action", "") != "/chat/x/" || form.AttrOr("target", "") != "_top" || form.AttrOr("method", "get") != "get" {
		t.Errorf("its form is %v", form.Nodes)
	}
	// No control of the log is without a name for screen readers.
	for _, path := range []string{"/chat/x/", "/chat/x/log/"} {
		if doc := b.get(path).wantPage(http.StatusOK); doc.Find("#"+doc.Find(".cite").AttrOr("aria-labelledby", "none")).Text() == "" {
			t.Errorf("%s: the control has no name", path)
		}
	}
}
