package page

import (
	"hash/maphash"
	"html/template"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// MessageList is a part of a room's log. It is the same in all languages.
type MessageList struct {
	HTML        template.HTML
	First, Last wire.ID // zero if the list is empty
	More        bool    // there are older messages
}

// EndsWith reports whether the list ends with an entry that was read alone.
func (l MessageList) EndsWith(entries []wire.Entry) bool {
	if len(entries) == 0 {
		return l.Last.IsZero()
	}
	return entries[len(entries)-1].ID == l.Last
}

// maxAge is how long a room's page may show a message that was deleted in Redis by hand.
const maxAge = time.Second

// Newest returns the list that NewestMessages returned for the room within maxAge.
func (p *Pages) Newest(room name.Room, now time.Time) (list MessageList, ok bool) {
	f, ok := p.cache.get(messagesKey(room))
	age := now.Sub(f.confirmed)
	return f.messages, ok && age >= 0 && age < maxAge
}

// NewestMessages returns the list of a room's newest messages, which were read at now.
func (p *Pages) NewestMessages(room name.Room, newest roomlog.Page, now time.Time) (MessageList, error) {
	var content maphash.Hash
	content.SetSeed(p.seed)
	maphash.WriteComparable(&content, newest.More)
	for _, entry := range newest.Entries {
		maphash.WriteComparable(&content, entry)
	}
	f, ok := p.cache.get(messagesKey(room))
	if !ok || f.content != content.Sum64() {
		list, err := p.Messages(newest)
		if err != nil {
			return MessageList{}, err
		}
		f = fragment{messages: list, content: content.Sum64()}
	}
	f.confirmed = now
	if now.UnixNano() > p.forgotten.Load() {
		p.cache.put(messagesKey(room), f)
	}
	return f.messages, nil
}

// Forget drops the messages of the room with this key, of which some were removed before now.
// A list that was read earlier and is still rendered is not cached.
func (p *Pages) Forget(key string, now time.Time) {
	p.forgotten.Store(now.UnixNano())
	p.cache.drop(fragmentKey{template: "messages", room: key})
}

func messagesKey(room name.Room) fragmentKey {
	return fragmentKey{template: "messages", room: room.Key()}
}

// Messages returns a list of messages without the cache.
func (p *Pages) Messages(part roomlog.Page) (MessageList, error) {
	list := MessageList{More: part.More}
	if n := len(part.Entries); n > 0 {
		list.First, list.Last = part.Entries[0].ID, part.Entries[n-1].ID
	}
	var err error
	list.HTML, err = p.execute("messages", rows(part.Entries))
	return list, err
}

// message is a row of a list.
type message struct {
	ID      string
	Parts   []part // of the text
	Time    string // RFC 3339
	Clock   string // hours and minutes, UTC
	Day     string // UTC, for the first message of a day
	Emoji   bool   // the text is only a few emoji
	Long    bool   // the script folds it
	Untimed bool   // in the same minute as the message before: its time is not shown
}

// Body returns the parts as HTML. A template takes twenty times as long for many of them.
func (m message) Body() template.HTML {
	var b strings.Builder
	writeParts(&b, m.Parts)
	return template.HTML(b.String())
}

// writeParts escapes every text; kinds are this package's own words.
func writeParts(b *strings.Builder, parts []part) {
	for _, p := range parts {
		if p.Kind != "" {
			b.WriteString(`<span class="` + p.Kind + `">`)
		}
		template.HTMLEscape(b, []byte(p.Text))
		writeParts(b, p.Parts)
		if p.Kind != "" {
			b.WriteString("</span>")
		}
	}
}

// rows shows the times where minutes pass, and the days. Nothing else may group messages,
// because nothing about the author is known.
func rows(entries []wire.Entry) []message {
	shown := make([]message, len(entries))
	var day string
	var minute time.Time
	for i, entry := range entries {
		at := entry.ID.Time().UTC()
		shown[i] = message{
			ID:      entry.ID.String(),
			Parts:   markup(entry.Text),
			Time:    at.Format(time.RFC3339),
			Clock:   at.Format("15:04"),
			Emoji:   onlyEmoji(entry.Text),
			Long:    isLong(entry.Text),
			Untimed: i > 0 && at.Truncate(time.Minute).Equal(minute),
		}
		minute = at.Truncate(time.Minute)
		if today := at.Format(time.DateOnly); today != day {
			shown[i].Day, day = today, today
		}
	}
	return shown
}
