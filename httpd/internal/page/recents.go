package page

import (
	"html/template"
	"slices"
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

// shownRecents identifies a list of recents. The pointer is enough, because lists are not
// changed.
type shownRecents struct {
	lists  *recent.Lists
	minute time.Time // in which the list's "5 minutes ago" is true
}

// Recents is a rendered list of users or rooms.
type Recents struct {
	lines []recent.Line
	html  template.HTML
	ends  []int // of the lines, in html
}

// Without returns the list without the line of a name, which has this comparison key.
func (r Recents) Without(key string) template.HTML {
	i := slices.IndexFunc(r.lines, func(line recent.Line) bool { return line.Key == key })
	if i < 0 {
		return r.html
	}
	begin := 0
	if i > 0 {
		begin = r.ends[i-1]
	}
	return r.html[:begin] + r.html[r.ends[i]:]
}

// All returns the whole list.
func (r Recents) All() template.HTML { return r.html }

// Recents returns the lists of recent users and rooms as Index shows them at now. The
// caller must not change lists afterwards.
func (p *Pages) Recents(l *text.Language, lists *recent.Lists, now time.Time) (users, rooms Recents, err error) {
	content := shownRecents{lists, now.UTC().Truncate(time.Minute)}
	if users, err = p.recents("user", l, content, lists.Users); err != nil {
		return users, rooms, err
	}
	rooms, err = p.recents("room", l, content, lists.Rooms)
	return users, rooms, err
}

// recents renders each line with the template.
func (p *Pages) recents(name string, l *text.Language, content shownRecents, lines []recent.Line) (Recents, error) {
	key := fragmentKey{template: name, lang: l.Lang}
	if f, ok := p.cache.get(key); ok && f.content == content {
		return f.recents, nil
	}
	r := Recents{lines: inLanguage(l, lines)}
	for _, line := range r.lines {
		shown := recentLine{Name: line.Name, When: l.Ago(content.minute.Sub(line.At)), At: line.At.UTC().Format(time.RFC3339)}
		if name == "room" {
			shown.Href = roomHref(line.Name)
		}
		html, err := p.execute(name, shown)
		if err != nil {
			return Recents{}, err
		}
		r.html += html
		r.ends = append(r.ends, len(r.html))
	}
	p.cache.put(key, fragment{recents: r, content: content})
	return r, nil
}

// inLanguage returns the lines with those of each interval in the order of the language.
func inLanguage(l *text.Language, lines []recent.Line) []recent.Line {
	lines = slices.Clone(lines)
	for begin := 0; begin < len(lines); {
		end := begin + 1
		for end < len(lines) && lines[end].At.Equal(lines[begin].At) {
			end++
		}
		text.SortFunc(l, lines[begin:end], func(line recent.Line) string { return line.Name })
		begin = end
	}
	return lines
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
		if room, err := name.ParseRoom(l.Text(key)); err == nil {
			all = append(all, recentLine{Name: room.String(), Href: room.Path()})
		}
	}
	return all
}
