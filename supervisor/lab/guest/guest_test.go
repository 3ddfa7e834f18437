package guest

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"
)

func TestGuest_SendsOneAtATime_WithTheSameNonceAfterACut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t)
		var acked []string
		g := come(t, f, Hooks{Acked: func(e Entry, id wire.ID) { acked = append(acked, e.Text+" "+id.String()) }})
		first := g.Say("one")
		g.Say("two")
		a := f.next()
		if a.since != "0" {
			t.Errorf("a guest without messages asks for %q", a.since)
		}
		a.live("0-0")
		if text, nonce := a.said(); text != "one" || nonce != first {
			t.Errorf("sent %q %s", text, nonce)
		}
		a.cut() // The guest does not know whether it is stored.
		a = f.next()
		a.message("5-0", "one")
		a.live("5-0")
		if text, nonce := a.said(); text != "one" || nonce != first {
			t.Errorf("sent again %q %s", text, nonce)
		}
		a.ack(first, "5-0")
		text, nonce := a.said()
		if text != "two" {
			t.Errorf("then sent %q", text)
		}
		a.ack(nonce, "6-0")
		synctest.Wait()
		if want := []string{"one 5-0", "two 6-0"}; !slices.Equal(acked, want) || len(g.Unsent()) != 0 {
			t.Errorf("acked %q, %d left", acked, len(g.Unsent()))
		}
	})
}

func TestGuest_WaitsAsLongAsTheServerAsks(t *testing.T) {
	for _, c := range []struct {
		name  string
		end   func(*accepted)
		after time.Duration
	}{
		{"restart", func(a *accepted) { a.close(wire.CloseRestart, wire.RetryReason(3*time.Second)) }, 3 * time.Second},
		{"overloaded", func(a *accepted) { a.close(wire.CloseOverloaded, wire.RetryReason(7*time.Second)) }, 7 * time.Second},
		{"longer than the limit", func(a *accepted) { a.close(wire.CloseRestart, wire.RetryReason(time.Hour)) }, longestAsked},
		{"too slow", func(a *accepted) { a.close(wire.CloseTooSlow, "") }, 0},
		{"flooding", func(a *accepted) { a.close(wire.CloseFlooding, "") }, firstDelay},
		{"bare end", (*accepted).cut, firstDelay},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := serve(t)
				come(t, f, Hooks{})
				a := f.next()
				a.message("5-1", "x")
				a.live("5-1")
				synctest.Wait()
				begun := time.Now()
				c.end(a)
				if a = f.next(); a.since != "5-1" {
					t.Errorf("resumes from %s", a.since)
				}
				if waited := time.Since(begun); waited != c.after {
					t.Errorf("came back after %v, want %v", waited, c.after)
				}
			})
		})
	}
}

func TestGuest_BacksOffFromFailedHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t)
		for range 3 {
			f.status <- 502
		}
		var failures []int
		come(t, f, Hooks{Ended: func(err error) {
			var refused *StatusError
			if errors.As(err, &refused) {
				failures = append(failures, refused.Status)
			}
		}})
		begun := time.Now()
		f.next().live("0-0")
		if waited := time.Since(begun); waited != firstDelay*(1+2+4) || !slices.Equal(failures, []int{502, 502, 502}) {
			t.Errorf("in after %v, failures %v", waited, failures)
		}
	})
}

func TestGuest_StopsAfterAFinalClose(t *testing.T) {
	for code, state := range map[wire.CloseCode]State{wire.CloseSignIn: SignedOut, wire.CloseNoRoom: NoRoom} {
		synctest.Test(t, func(t *testing.T) {
			f := serve(t)
			g := come(t, f, Hooks{})
			f.next().close(code, "")
			synctest.Wait()
			if g.State() != state {
				t.Errorf("after %d: %v", code, g.State())
			}
			time.Sleep(time.Hour)
			if len(f.sockets) != 0 {
				t.Error("it opens another socket")
			}
		})
	}
}

func TestGuest_SendsAgainOnlyWhatWasRefusedForNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t)
		g := come(t, f, Hooks{})
		a := f.next()
		a.live("0-0")
		g.Say("soon")
		g.Say("never")
		g.Say("next")
		_, nonce := a.said()
		a.send(wire.AppendRefused(nil, wire.Refusal{Nonce: nonce, Code: wire.CodeUnavailable, RetryAfter: 2 * time.Second}))
		synctest.Wait()
		begun := time.Now()
		if text, again := a.said(); text != "soon" || again != nonce || time.Since(begun) != 2*time.Second {
			t.Errorf("after %v: %q", time.Since(begun), text)
		}
		a.ack(nonce, "1-0")
		a.said()
		a.send(wire.AppendRefused(nil, wire.Refusal{Code: wire.CodeBadFrame}))
		if text, _ := a.said(); text != "next" {
			t.Errorf("after a refusal for good: %q", text)
		}
	})
}

func TestGuest_ReplacesASocketThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t)
		g := come(t, f, Hooks{})
		a := f.next()
		a.live("0-0")
		g.Say("hello?")
		_, nonce := a.said()
		begun := time.Now()
		a = f.next()
		if time.Since(begun) != answerWithin {
			t.Errorf("it gave up after %v", time.Since(begun))
		}
		a.live("0-0")
		if _, again := a.said(); again != nonce {
			t.Error("another nonce")
		}
		a.ack(nonce, "1-0")
		// An attempt without progress ends too.
		a.cut()
		f.next()
		begun = time.Now()
		f.next()
		if waited := time.Since(begun); waited != connectWithin+2*firstDelay {
			t.Errorf("another attempt after %v", waited)
		}
	})
}

// Messages after a gap may be older than the guest's last one: the log went back in time.
func TestGuest_ResumesFromTheEndOfTheLogItWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t)
		come(t, f, Hooks{})
		a := f.next()
		resumesFrom := func(want string) {
			t.Helper()
			a.cut()
			if a = f.next(); a.since != want {
				t.Errorf("resumes from %s, want %s", a.since, want)
			}
		}
		a.message("4-0", "four")
		a.live("4-0")
		a.message("3-0", "late")
		resumesFrom("4-0")
		a.send(wire.AppendGap(nil))
		a.message("1-0", "one")
		a.message("3-0", "three")
		resumesFrom("3-0")
		a.live("2-0")
		resumesFrom("2-0")
		a.message("1-0", "old")
		resumesFrom("2-0")
	})
}
