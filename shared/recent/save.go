package recent

import (
	"encoding/json"
	"fmt"

	"chatter/shared/name"
)

// saved is the form of what Save returns.
type saved struct {
	Users, Rooms []string
}

// Save returns the names that are not published yet, for the next image of this process.
func (p *Presence) Save() ([]byte, error) {
	_, users, rooms := p.unpublished()
	return json.Marshal(saved{users, rooms})
}

// Restore adds names that Save returned to the running interval.
func (p *Presence) Restore(state []byte) error {
	var s saved
	if err := json.Unmarshal(state, &s); err != nil {
		return fmt.Errorf("restore presence: %w", err)
	}
	for _, text := range s.Users {
		if user, err := name.ParseUser(text); err == nil {
			p.Visit(user, restored)
		}
	}
	for _, text := range s.Rooms {
		if room, err := name.ParseRoom(text); err == nil {
			p.Used(room, restored)
		}
	}
	return nil
}
