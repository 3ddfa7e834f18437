package live

import (
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func TestFeed_ForgetsWhatNobodySees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		f := h.NewFeed()
		users := func(c *fakeConn) (users []string) {
			synctest.Wait()
			frames, _ := c.frames(t)
			for _, fr := range frames {
				e, err := wire.ParseEvent(fr.payload)
				if err != nil {
					t.Fatal(err)
				}
				users = append(users, e.Users...)
			}
			return users
		}
		payload := func(user string) []byte { return wire.AppendRecent(nil, []string{user}, nil) }
		first, second := newConn(-1), newConn(-1)
		m := NewMember(first, Events, time.Now())
		f.Publish(payload("ann"))
		f.Join(m)
		f.Clear() // not while somebody is there
		f.Publish(payload("bob"))
		if diff := cmp.Diff([]string{"ann", "bob"}, users(first)); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
		f.Clear()
		m = NewMember(second, Events, time.Now())
		f.Join(m)
		if got := users(second); len(got) != 0 {
			t.Errorf("the next is shown %q", got)
		}
		f.Publish(payload("cat"))
		if diff := cmp.Diff([]string{"cat"}, users(second)); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
	})
}

func TestFeed_SendsTheNewestThenTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		f := h.NewFeed()
		payload := func(user string) []byte { return wire.AppendRecent(nil, []string{user}, nil) }
		f.Publish(payload("old"))
		f.Publish(payload("new"))
		c := newConn(-1)
		m := NewMember(c, Events, time.Now())
		f.Join(m)
		f.Publish(payload("next"))
		synctest.Wait()
		var users []string
		frames, _ := c.frames(t)
		for _, fr := range frames {
			e, err := wire.ParseEvent(fr.payload)
			if err != nil {
				t.Fatal(err)
			}
			users = append(users, e.Users...)
		}
		if diff := cmp.Diff([]string{"new", "next"}, users); diff != "" || len(frames) != 2 {
			t.Errorf("%d frames: %s", len(frames), diff)
		}
		if f.Members() != 1 {
			t.Errorf("%d members", f.Members())
		}
		h.Leave(m)
	})
}
