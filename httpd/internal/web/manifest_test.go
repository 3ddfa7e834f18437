package web

import (
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// deskColours are the background's colours in light and in dark, from tokens.css.
func deskColours(t *testing.T) [2]string {
	t.Helper()
	content, err := os.ReadFile("../assets/static/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`--desk: light-dark\((.+), (.+)\);`).FindStringSubmatch(string(content))
	if m == nil {
		t.Fatal("tokens.css has no desk")
	}
	return [2]string{m[1], m[2]}
}

func TestPages_TheThemeColourIsTheBackground(t *testing.T) {
	site := newSite(t)
	desk := deskColours(t)
	doc := site.browser().get("/").wantPage(http.StatusOK)
	for i, theme := range []string{"light", "dark"} {
		if got, _ := doc.Find("meta[name=theme-color][data-theme-color=" + theme + "]").Attr("content"); got != desk[i] {
			t.Errorf("%s: the frame is %q, the desk %q", theme, got, desk[i])
		}
	}
}

func TestManifest_MakesTheSiteInstallable(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	doc := b.get("/").wantPage(http.StatusOK)
	address, _ := doc.Find("link[rel=manifest]").Attr("href")
	a := b.get(address, "Accept-Language", "de").want(http.StatusOK)
	var m struct {
		ID, Lang, Display, Description string
		StartURL                       string `json:"start_url"`
		Theme                          string `json:"theme_color"`
		Icons                          []struct{ Src, Sizes, Type, Purpose string }
		Target                         struct {
			Action, Method string
			Params         map[string]string
		} `json:"share_target"`
	}
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatal(err)
	}
	if m.Lang != "de" || !strings.HasPrefix(m.Description, "Ratechat") || m.Display != "standalone" || m.StartURL != "/index/" || m.ID != "/" || m.Theme != deskColours(t)[0] {
		t.Errorf("manifest: %+v", m)
	}
	if got := a.Header.Get("Content-Type"); got != "application/manifest+json" {
		t.Errorf("content type %q", got)
	}
	query := url.Values{}
	for part, name := range m.Target.Params {
		query.Set(name, "the "+part)
	}
	shared := site.guest("Ann").get(m.Target.Action + "?" + query.Encode()).wantPage(http.StatusOK)
	if got := textOf(shared, ".shared"); m.Target.Method != "GET" || got != "the title\nthe text\nthe url" {
		t.Errorf("%+v arrives as %q", m.Target, got)
	}
	has := make(map[string]bool)
	for _, icon := range m.Icons {
		got := b.get(icon.Src).want(http.StatusOK)
		if got.Header.Get("Content-Type") != icon.Type {
			t.Errorf("%s is %s, not %s", icon.Src, got.Header.Get("Content-Type"), icon.Type)
		}
		if icon.Type == "image/png" {
			picture, err := png.DecodeConfig(strings.NewReader(got.body))
			if err != nil || fmt.Sprintf("%dx%d", picture.Width, picture.Height) != icon.Sizes {
				t.Errorf("%s: %v, %v, want %s", icon.Src, picture, err, icon.Sizes)
			}
		}
		has[icon.Sizes+" "+icon.Purpose] = true
	}
	for _, want := range []string{"192x192 ", "512x512 ", "512x512 maskable"} {
		if !has[want] {
			t.Errorf("no icon of %s", want)
		}
	}
}
