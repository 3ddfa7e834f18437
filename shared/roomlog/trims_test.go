package roomlog

import (
	"testing"
	"time"
)

// A room in which nothing is said is soon forgotten: its name is in the key.
func TestTrims_ForgetQuietRooms(t *testing.T) {
	trims := trims{measureEvery: 1 << 20, rooms: make(map[string]trimmed)}
	now := time.Now()
	if due := trims.due("quiet", 10, now); !due.age || !due.size {
		t.Errorf("the first append of a room does %+v, want both", due)
	}
	if due := trims.due("quiet", 10, now.Add(time.Second)); due.age || due.size {
		t.Errorf("the second one does %+v, want neither", due)
	}
	trims.due("busy", 10, now.Add(trimEvery))
	if _, kept := trims.rooms["quiet"]; kept || len(trims.rooms) != 1 {
		t.Errorf("it keeps %v, want only the busy room", trims.rooms)
	}
}
