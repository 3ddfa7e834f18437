package recent

import (
	"context"
	"time"
)

// announce tells all processes, shortly before an interval ends, that this process has seen
// a crowd. The message is empty and stored nowhere. If it is lost, the other processes go by
// what they have seen themselves.
func (p *Presence) announce(ctx context.Context) {
	p.mu.Lock()
	p.shares.see(p.visited)
	around := p.shares.around()
	p.mu.Unlock()
	if around < crowd {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, max(p.window(), minTryTime))
	defer cancel()
	p.client.Universal().Publish(ctx, p.key("around"), "")
}

// hear notes when a process has seen a crowd.
func (p *Presence) hear(ctx context.Context) {
	p.client.Listen(ctx, p.key("around"), false, func() {}, func(string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.heard = time.Now()
	})
}

// choose returns the names of lists to publish, sorted: while others are around, not more of
// a class than its share. p.mu must be held.
func (p *Presence) choose(l lists) (users, rooms []string) {
	p.shares.see(l)
	crowded := p.shares.around() >= crowd || time.Since(p.heard) < 2*p.opts.Every
	hash := func(look string) uint64 { return rank(p.own, 0, look) }
	chosen := func(list string, n *names) []string {
		lines := n.lines()
		if crowded {
			all := len(lines)
			lines = p.shares.choose(list, lines, hash)
			p.leftOut += all - len(lines)
		}
		return sorted(lines)
	}
	return chosen("users", l.users), chosen("rooms", l.rooms)
}

// LeftOut is how often a name was not published because its class had brought its share.
func (p *Presence) LeftOut() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return float64(p.leftOut)
}
