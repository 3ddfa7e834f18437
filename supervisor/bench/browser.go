package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// browser asks for pages.
type browser struct {
	ctx     context.Context
	base    string
	cookies []string // of guests, who ask in turn; none = nobody is signed in
	asked   int
}

// guest is the cookie of whoever asks next.
func (b *browser) guest() string {
	if len(b.cookies) == 0 {
		return ""
	}
	b.asked++
	return b.cookies[b.asked%len(b.cookies)]
}

// pagesClient keeps its connections, and asks for nothing compressed.
var pagesClient = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (b *browser) get(path, cookie string) ([]byte, error) {
	req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.base+path, nil)
	if err != nil {
		return nil, err
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	resp, err := pagesClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", path, resp.Status)
	}
	return body, err
}

var styleSheetLink = regexp.MustCompile(`<link[^>]+href="?([^" >]+\.css)`)

func (b *browser) styleSheet() (string, error) {
	body, err := b.get("/", b.guest())
	if err != nil {
		return "", err
	}
	m := styleSheetLink.FindSubmatch(body)
	if m == nil {
		return "", errors.New("the index names no style sheet")
	}
	u, err := url.Parse(string(m[1]))
	if err != nil {
		return "", err
	}
	return u.Path, nil
}

// cost is the processor time of one of n requests, in microseconds, of the server's and
// of this program's, and how long the page is.
func (b *browser) cost(r *rig, path string, n int) (size int, cost, load float64, err error) {
	ask := func(n int) error {
		for range n {
			body, err := b.get(path, b.guest())
			if err != nil {
				return err
			}
			size = len(body)
		}
		return nil
	}
	if err := ask(n / 10); err != nil {
		return 0, 0, 0, err
	}
	own := ownCPU()
	before, err := r.cpu()
	if err != nil {
		return 0, 0, 0, err
	}
	if err := ask(n); err != nil {
		return 0, 0, 0, err
	}
	after, err := r.cpu()
	return size, micros(after-before) / float64(n), micros(ownCPU()-own) / float64(n), err
}

// paced asks so many times a second and returns the 99th percentile of the times that it
// took, in milliseconds.
func (b *browser) paced(path string, perSecond int, whole time.Duration) (float64, error) {
	type answer struct {
		took time.Duration
		err  error
	}
	n := int(whole.Seconds() * float64(perSecond))
	answers := make(chan answer, n)
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for range n {
		due := <-tick.C
		cookie := b.guest()
		go func() {
			_, err := b.get(path, cookie)
			answers <- answer{time.Since(due), err}
		}()
	}
	var times []time.Duration
	for range n {
		a := <-answers
		if a.err != nil {
			return 0, a.err
		}
		times = append(times, a.took)
	}
	slices.Sort(times)
	return quantile(times, 0.99).Seconds() * 1000, nil
}
