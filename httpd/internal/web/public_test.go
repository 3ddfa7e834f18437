package web

import (
	"net/http"
	"net/url"
	"testing"

	"chatter/shared/origin"
)

// The request arrives over http at another host, as behind a proxy that ends TLS.
func TestPublic_LinksCookiesAndFormsAreThoseOfTheBrowser(t *testing.T) {
	public, err := origin.Parse("https://chat.example.org")
	if err != nil {
		t.Fatal(err)
	}
	site := newSite(t, func(c *Config) { c.Public = public })
	form := url.Values{"user": {"Ann"}}
	site.browser().post("/index/", form, "Origin", "https://evil.example").want(http.StatusForbidden)
	signedIn := site.browser().post("/index/", form, "Origin", "https://chat.example.org").wantRedirect(http.StatusSeeOther, "/index/")
	cookies := signedIn.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "__Host-chatter" || !cookies[0].Secure || cookies[0].Path != "/" || cookies[0].Domain != "" {
		t.Fatalf("cookies %v", cookies)
	}
	cookie := []string{"Cookie", cookies[0].Name + "=" + cookies[0].Value}
	a := site.browser().get("/chat/x/", cookie...)
	if got, _ := a.wantPage(http.StatusOK).Find("#about .address").Attr("href"); got != "https://chat.example.org/chat/x/" {
		t.Errorf("the page says %q", got)
	}
	if got := directives(a.Header.Get("Content-Security-Policy"))["connect-src"]; got != "'self' wss://chat.example.org" {
		t.Errorf("connect-src %q", got)
	}
	if got := readQR(t, site.browser().get("/chat/x/qr/", cookie...).want(http.StatusOK).body); got != "https://chat.example.org/chat/x/" {
		t.Errorf("the QR code says %q", got)
	}
	out := site.browser().post("/signout/", nil, cookie...).wantRedirect(http.StatusSeeOther, "/").Cookies()
	if len(out) != 1 || out[0].Name != "__Host-chatter" || out[0].MaxAge >= 0 || !out[0].Secure {
		t.Errorf("signing out sets %v", out)
	}
}
