//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"chatter/supervisor/lab/bench/swarm"
)

// idleSockets is many sockets that send nothing after their handshake.
func idleSockets(name string, rooms int) scenario {
	return scenario{name: name, wsd: 1, rooms: rooms, members: 10, run: func(k *talk) []figure {
		sockets := float64(len(k.members))
		return []figure{{"memory of an idle socket", "KiB", k.memory / 1024 / sockets},
			{"CPU per handshake until live", "µs", micros(k.joinCost.cpu) / sockets}}
	}}
}

// idleGuests is the memory of a machine that idle guests behind nginx need. The kernel's memory is
// that of the whole machine, where one of a guest's four sockets is the client's.
func idleGuests(name string, rooms int) scenario {
	return scenario{name: name, wsd: 1, nginx: true, rooms: rooms, members: 10, run: func(k *talk) []figure {
		if k.target.floor {
			return nil
		}
		perGuest := 1.0 / 1024 / float64(len(k.members))
		kernel := k.kernelMemory * 3 / 4 * perGuest
		return []figure{{"memory of an idle guest behind nginx", "KiB", (k.memory+k.nginxMemory)*perGuest + kernel},
			{"of that, wsd's", "KiB", k.memory * perGuest},
			{"of that, nginx's", "KiB", k.nginxMemory * perGuest},
			{"of that, the kernel's", "KiB", kernel}}
	}}
}

// reconnect kills the server and starts it again at once on the same port. All
// members come back with their cursors, and each has missed a message.
func reconnect(name string, rooms int) scenario {
	return scenario{name: name, wsd: 1, rooms: rooms, members: 10, run: func(k *talk) []figure {
		k.paced(1000, 2*time.Duration(rooms)*time.Millisecond)
		t := k.target
		t.fail(k.check())
		for _, log := range k.rooms {
			if len(log) == 2 && !t.floor {
				log[1].got = 0 // The members will get it again.
			}
		}
		before := t.usage().redisCPU
		for _, c := range k.members {
			if !t.floor {
				c.Seen = min(c.Seen, 1)
			}
		}
		begun := time.Now()
		t.servers[0].stop(os.Kill)
		t.restart()
		k.swarm.DropAll()
		k.connectAll()
		return []figure{{"kill -9: until all members are back", "s", time.Since(begun).Seconds()},
			{"kill -9: from the first one back until all are", "s", time.Since(k.firstBack).Seconds()},
			{"kill -9: CPU per member that comes back", "µs", micros(t.usage().cpu-before) / float64(len(k.members))}}
	}}
}

// joinsAtOnce is the number of members that connect at the same time.
const joinsAtOnce = 100

// join opens the sockets of all members and waits until the servers are idle. It measures the
// cost of the members, the collection of a handshake's garbage included.
func (k *talk) join() {
	t := k.target
	if t.failed != nil {
		return
	}
	pid := t.servers[0].pid()
	empty, kernel, nginx := t.memoryOf(pid), t.kernelMemory(), t.nginxMemory()
	k.joinCost = t.used(func() {
		k.connectAll()
		k.waitForIdleServers()
	})
	k.memory, k.kernelMemory, k.nginxMemory = t.memoryOf(pid)-empty, t.kernelMemory()-kernel, t.nginxMemory()-nginx
}

// connectAll opens a socket for each member and waits until all are live.
func (k *talk) connectAll() {
	k.joining, k.joined = 0, 0
	k.run(2*time.Minute, func() bool {
		for k.joining < len(k.members) && k.joining-k.joined < joinsAtOnce && k.connect(k.members[k.joining]) {
			k.joining++
		}
		return k.joined == len(k.members)
	})
}

// retryEvery is how often a member tries to connect to a server that is not there.
const retryEvery = 5 * time.Millisecond

// connect opens a member's socket. A member that was in its room resumes after the last
// message that it got. It reports false if no server listens; a later call tries again.
func (k *talk) connect(c *swarm.Client) bool {
	now := time.Now()
	if now.Before(k.retryAt) {
		return false
	}
	since := "0"
	if c.Seen > 0 && !k.target.floor {
		since = k.rooms[c.Room][c.Seen-1].id().String()
	}
	t := k.target
	addr := t.addrs[k.joining%len(t.addrs)]
	err := k.swarm.Connect(c, addr, fmt.Sprintf("/ws/chat/room%d/?since=%s", c.Room, since), t.header)
	if t.tcp && errors.Is(err, syscall.ECONNREFUSED) {
		k.retryAt = now.Add(retryEvery)
		k.swarm.WakeAt = k.retryAt
		return false
	}
	t.fail(err)
	return true
}

// live notes that c has got all messages after its cursor.
func (k *talk) live(c *swarm.Client) {
	if k.joined++; k.joined == 1 {
		k.firstBack = time.Now()
	}
	c.Live = true
	if lost := len(k.rooms[c.Room]) - c.Seen; lost != 0 && !k.changing {
		k.fail("a member of room %d is live and lacks %d messages", c.Room, lost)
	}
}

const (
	// wsd returns memory to the system within two seconds after this many handshakes.
	manyHandshakes = 500
	memoryReturned = 2200 * time.Millisecond
	// Servers that use less than this share of a core are idle.
	look, idleShare = 100 * time.Millisecond, 0.05
)

// waitForIdleServers waits until the servers have done the work that follows handshakes. The next
// measurement would contain it.
func (k *talk) waitForIdleServers() {
	if len(k.members) >= manyHandshakes && !k.target.floor {
		k.wait(memoryReturned)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		u := k.target.used(func() { k.wait(look) })
		if u.cpu.Seconds() < idleShare*look.Seconds() {
			return
		}
	}
	k.fail("the servers do not become idle")
}

// wait answers pings for so long.
func (k *talk) wait(d time.Duration) {
	end := time.Now().Add(d)
	k.swarm.WakeAt = end
	k.run(d+time.Minute, func() bool { return !time.Now().Before(end) })
}
