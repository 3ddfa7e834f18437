package page

import (
	"html/template"
	"time"

	"chatter/httpd/internal/text"
	"chatter/shared/name"
	"chatter/shared/recent"
)

// recentLine is a user or a room.
type recentLine struct {
	Name, Href string // a user has no Href
	When       string // in words
	At         string // RFC 3339
}

// shownRecents identifies a list of recents. The pointer is enough, because nobody changes
// lists; a second reading with the same result is rendered again.
type shownRecents struct {
	lists    *recent.Lists
	interval int64 // in which the list's "5 minutes ago" is true
}

// Recents returns the lists of recent users and rooms as Index shows them at now. The
// caller must not change lists afterwards.
func (p *Pages) Recents(l *text.Language, lists *recent.Lists, now time.Time) (users, rooms template.HTML, err error) {
	content := shownRecents{lists, now.Truncate(recent.Bucket).Unix()}
	if users, err = p.recents("users", l, content, lists.Users, now); err != nil {
		return "", "", err
	}
	rooms, err = p.recents("rooms", l, content, lists.Rooms, now)
	return users, rooms, err
}

func (p *Pages) recents(template string, l *text.Language, content shownRecents, lines []recent.Line, now time.Time) (template.HTML, error) {
	key := fragmentKey{template: template, lang: l.Lang}
	if f, ok := p.cache.get(key); ok && f.content == content {
		return f.list.HTML, nil
	}
	shown := make([]recentLine, len(lines))
	for i, line := range lines {
		shown[i] = recentLine{Name: line.Name, When: l.Ago(now.Sub(line.At)), At: line.At.UTC().Format(time.RFC3339)}
		if template == "rooms" {
			shown[i].Href = roomHref(line.Name)
		}
	}
	html, err := p.execute(template, shown)
	if err == nil {
		p.cache.put(key, fragment{list: MessageList{HTML: html}, content: content})
	}
	return html, err
}

// roomHref returns the address of a room; that of the index for a name that was valid when
// it was recorded and is refused now.
func roomHref(s string) string {
	room, err := name.ParseRoom(s)
	if err != nil {
		return "/index/"
	}
	return room.Path()
}

// ideas are links to a few rooms, for an index that lists none.
func ideas(l *text.Language) []recentLine {
	var all []recentLine
	for _, key := range []string{"index.idea.quiet", "index.idea.lunch", "index.idea.night"} {
		if room, err := name.ParseRoom(l.Say(key)); err == nil {
			all = append(all, recentLine{Name: room.String(), Href: room.Path()})
		}
	}
	return all
}
