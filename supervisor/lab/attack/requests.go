package attack

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// message is the form of a room's page with a new message.
func message(text string) url.Values {
	return url.Values{"message": {text}, "nonce": {string(wire.NewNonce())}}
}

// forms sends as many messages as it can by forms.
func forms(ctx context.Context, a *attacker) string {
	var answers tally
	a.repeat(ctx, 20, 1, "Form", 10*time.Millisecond, func(s *session, _, _ int) {
		status, _ := s.ask(ctx, "", a.room(), message("form"))
		answers.answer(ctx, status)
	})
	return fmt.Sprintf("20 sessions of one address got %v (303: stored)", &answers)
}

// names signs in from one address with names that come first in an alphabet, and counts the
// lines of the index that show them.
func names(ctx context.Context, a *attacker) string {
	var signedIn atomic.Int64
	a.repeat(ctx, 4, 1, "!!!", 20*time.Millisecond, func(s *session, number, n int) {
		if s.signIn(ctx, fmt.Sprintf("!!! %d %d", number, n)) {
			signedIn.Add(1)
			s.ask(ctx, "", "/index/", nil)
		}
	})
	return fmt.Sprintf("%d signed in from one address, at most %d of the index's lines are theirs", signedIn.Load(), a.lines(">!!! "))
}

// rooms sends a message to as many new rooms as it can, from one address.
func rooms(ctx context.Context, a *attacker) string {
	opened := a.open(ctx, 4, 1, "room", "x")
	return fmt.Sprintf("opened %d rooms from one address, at most %d of the index's lines are theirs", opened, a.lines(">room "))
}

// fillMemory sends long messages to new rooms, from many addresses.
func fillMemory(ctx context.Context, a *attacker) string {
	before := redisMemory(a.stack)
	opened := a.open(ctx, 50, 50, "long", strings.Repeat("\"", 2000))
	return fmt.Sprintf("%d rooms from 50 addresses, Redis grew by %d KiB", opened, redisMemory(a.stack)-before)
}

// open sends a message to one new room after the other and returns how many rooms took it.
func (a *attacker) open(ctx context.Context, sessions, addresses int, room, text string) int64 {
	var opened atomic.Int64
	a.repeat(ctx, sessions, addresses, "Opener", 20*time.Millisecond, func(s *session, number, n int) {
		path := fmt.Sprintf("/chat/%s%%20%d%%20%d/", room, number, n)
		if status, _ := s.ask(ctx, "", path, message(text)); status == http.StatusSeeOther {
			opened.Add(1)
		}
	})
	return opened.Load()
}

// lines reads the index for three intervals of presence. It returns the highest number of
// lines with a prefix.
func (a *attacker) lines(prefix string) (most int) {
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	reader := a.at(199)
	if !reader.signIn(ctx, "Reader") {
		return 0
	}
	for guest.Pause(ctx, 500*time.Millisecond) {
		_, page := reader.ask(ctx, "", "/index/", nil)
		most = max(most, strings.Count(page, prefix))
	}
	return most
}

// redisMemory is the memory that Redis counts against maxmemory, in KiB.
func redisMemory(s *stack.Stack) int {
	client, err := redisconn.Open(s.RedisURL())
	if err != nil {
		return 0
	}
	defer client.Close()
	info, err := client.Universal().InfoMap(context.Background(), "memory").Result()
	if err != nil {
		return 0
	}
	bytes, _ := strconv.Atoi(info["Memory"]["used_memory"])
	return bytes >> 10
}

// hosts requests a room with invented hosts.
func hosts(ctx context.Context, a *attacker) string {
	var answers tally
	a.repeat(ctx, 8, 1, "Host", 5*time.Millisecond, func(s *session, number, n int) {
		status, _ := s.ask(ctx, fmt.Sprintf("%d-%d.example.org", number, n), a.room(), nil)
		answers.answer(ctx, status)
	})
	return fmt.Sprintf("invented hosts got %v", &answers)
}

// pages requests the same page below a room as fast as 8 clients of one address can.
func pages(page string) method {
	return func(ctx context.Context, a *attacker) string {
		var answers tally
		a.repeat(ctx, 8, 1, "Pages", 0, func(s *session, _, _ int) {
			status, _ := s.ask(ctx, "", a.room()+page, nil)
			answers.answer(ctx, status)
		})
		return fmt.Sprintf("one address got %v", &answers)
	}
}

// reports reports messages that mostly do not exist.
func reports(ctx context.Context, a *attacker) string {
	var answers tally
	a.repeat(ctx, 8, 4, "Reporter", 5*time.Millisecond, func(s *session, _, n int) {
		id := fmt.Sprintf("%d-0", time.Now().UnixMilli()-int64(n))
		status, _ := s.ask(ctx, "", a.room()+"report/", url.Values{"id": {id}})
		answers.answer(ctx, status)
	})
	return fmt.Sprintf("4 addresses got %v", &answers)
}

// moderation asks to remove messages without a moderator's cookie, and guesses links.
func moderation(ctx context.Context, a *attacker) string {
	var answers tally
	a.repeat(ctx, 8, 1, "Usurper", 10*time.Millisecond, func(s *session, _, _ int) {
		id := fmt.Sprintf("%d-0", time.Now().UnixMilli())
		status, _ := s.ask(ctx, "", a.room()+"moderate/", url.Values{"id": {id}, "action": {"remove"}})
		answers.answer(ctx, status)
		status, _ = s.ask(ctx, "", "/moderator/", url.Values{"token": {fmt.Sprintf("%032x", time.Now().UnixNano())}})
		answers.answer(ctx, status)
	})
	return fmt.Sprintf("one address got %v", &answers)
}
