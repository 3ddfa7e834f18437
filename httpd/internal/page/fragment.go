package page

import (
	"container/list"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"
)

// fragment is a rendered list: of messages, or of users or rooms.
type fragment struct {
	messages  MessageList
	recents   Recents
	content   any       // identifies the entries or lines that the list shows
	confirmed time.Time // when the entries were read last
}

// fragmentKey identifies a list. Clients can choose only the room in it, which is a valid name,
// so they cannot fill the cache with endless keys.
type fragmentKey struct{ template, lang, room string }

// execute renders a template of fragments.html.
func (p *Pages) execute(name string, data any) (template.HTML, error) {
	var b strings.Builder
	if err := p.fragments.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("render fragment: %w", err)
	}
	// The builder's memory may be twice as large.
	return template.HTML(strings.Clone(b.String())), nil
}

const (
	// maxCacheBytes is enough for about 500 rooms.
	maxCacheBytes = 8 << 20
	// entryBytes is about what an entry takes beside its strings.
	entryBytes = 400
)

// maxLife is how long a fragment is kept after it was last rendered or confirmed. A busy
// page gains nothing from more, and what it shows may have expired.
const maxLife = time.Minute

// cache keeps fragments, up to a number of bytes and for the time life; the least recently
// used ones go first. It is safe for concurrent use.
type cache struct {
	life time.Duration

	mu      sync.Mutex
	max     int
	bytes   int
	entries map[fragmentKey]*list.Element
	order   list.List // of cacheEntry, the most recently used first
}

type cacheEntry struct {
	key fragmentKey
	fragment
	end *time.Timer // of its life
}

func (e cacheEntry) bytes() int {
	return entryBytes + len(e.key.template) + len(e.key.lang) + len(e.key.room) + len(e.messages.HTML) + len(e.recents.html) + 8*len(e.recents.ends)
}

// CacheBytes returns how many bytes are cached.
func (p *Pages) CacheBytes() int {
	p.cache.mu.Lock()
	defer p.cache.mu.Unlock()
	return p.cache.bytes
}

func newCache(max int, life time.Duration) *cache {
	return &cache{max: max, life: life, entries: make(map[fragmentKey]*list.Element)}
}

func (c *cache) get(key fragmentKey) (f fragment, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return f, false
	}
	c.order.MoveToFront(element)
	return element.Value.(cacheEntry).fragment, true
}

// put adds a fragment or replaces the one with the same key.
func (c *cache) put(key fragmentKey, f fragment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[key]; ok {
		c.remove(old)
	}
	element := c.order.PushFront(nil)
	entry := cacheEntry{key, f, time.AfterFunc(c.life, func() { c.expire(key, element) })}
	element.Value = entry
	c.entries[key] = element
	c.bytes += entry.bytes()
	for c.bytes > c.max {
		c.remove(c.order.Back())
	}
}

// drop removes the fragment with this key.
func (c *cache) drop(key fragmentKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[key]; ok {
		c.remove(element)
	}
}

// expire removes an element unless it has been removed.
func (c *cache) expire(key fragmentKey, element *list.Element) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[key] == element {
		c.remove(element)
	}
}

func (c *cache) remove(element *list.Element) {
	entry := c.order.Remove(element).(cacheEntry)
	entry.end.Stop()
	c.bytes -= entry.bytes()
	delete(c.entries, entry.key)
}
