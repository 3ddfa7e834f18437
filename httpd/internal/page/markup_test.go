package page

import (
	"encoding/json"
	"html/template"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// markupCases are texts with what the server and the script make of them.
func markupCases(t *testing.T) (cases struct {
	Texts []struct {
		Text, Quote string
		Parts       []any
	}
	Lengths []struct {
		Before, Repeat, After string
		Times                 int
		Long                  bool
	}
}) {
	t.Helper()
	content, err := os.ReadFile("testdata/markup.json")
	if err == nil {
		err = json.Unmarshal(content, &cases)
	}
	if err != nil || len(cases.Texts) == 0 || len(cases.Lengths) == 0 {
		t.Fatalf("%d texts and %d lengths, %v", len(cases.Texts), len(cases.Lengths), err)
	}
	return cases
}

// listed returns parts as markup.json has them, and their text.
func listed(parts []part) (list []any, text string) {
	for _, p := range parts {
		inner, innerText := listed(p.Parts)
		text += p.Text + innerText
		switch {
		case p.Kind == "":
			list = append(list, p.Text)
		case p.Text != "":
			list = append(list, []any{p.Kind, p.Text})
		default:
			list = append(list, append([]any{p.Kind}, inner...))
		}
	}
	return list, text
}

func TestMarkup_HasTheSameRulesAsTheScript(t *testing.T) {
	cases := markupCases(t)
	for _, tt := range cases.Texts {
		got, text := listed(markup(tt.Text))
		if diff := cmp.Diff(tt.Parts, got); diff != "" {
			t.Errorf("%q:\n%s", tt.Text, diff)
		}
		if text != tt.Text {
			t.Errorf("%q became %q", tt.Text, text)
		}
		if got := Quote(tt.Text); got != tt.Quote {
			t.Errorf("%q is quoted as %q, want %q", tt.Text, got, tt.Quote)
		}
	}
	for _, tt := range cases.Lengths {
		text := tt.Before + strings.Repeat(tt.Repeat, tt.Times) + tt.After
		if got := isLong(text); got != tt.Long {
			t.Errorf("%q, %d times %q, %q: long is %v", tt.Before, tt.Times, tt.Repeat, tt.After, got)
		}
		if _, got := listed(markup(text)); got != text {
			t.Errorf("%d times %q became %q", tt.Times, tt.Repeat, got)
		}
	}
}

func TestMarkup_TextsAreEscaped(t *testing.T) {
	p, _ := newPages(t)
	list, err := p.Messages(log("> <b>\n`<i>` </p>\n```\n<script>\n```"))
	if err != nil {
		t.Fatal(err)
	}
	want := `<p dir="auto"><span class="quote"><span class="mark">&gt; </span>&lt;b&gt;
</span><span class="code"><span class="mark">` + "`" + `</span>&lt;i&gt;<span class="mark">` + "`" + `</span></span> &lt;/p&gt;
<span class="fence"><span class="mark">` + "```" + `
</span>&lt;script&gt;
<span class="mark">` + "```" + `</span></span></p>`
	if got := strings.ReplaceAll(string(list.HTML), "&#96;", "`"); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", template.HTML(got), want)
	}
}

func FuzzMarkup(f *testing.F) {
	f.Add("> `a`\n\n\n\n\n```\nb\n```")
	f.Fuzz(func(t *testing.T, text string) {
		if _, got := listed(markup(text)); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if q := Quote(text); !strings.HasPrefix(q, "> ") || strings.Count(q, "\n") != 1 {
			t.Errorf("%q is quoted as %q", text, q)
		}
		isLong(text)
	})
}
