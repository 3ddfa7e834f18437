package main

import "fmt"

// keptByRooms measures the memory that a room takes once its run is full, and again when
// three times as much has been said in it: what it keeps is bounded. Garbage that the
// runtime has not given back yet counts.
func keptByRooms(l lab, c config) ([]row, error) {
	// More messages than a run keeps.
	rooms, messages := 50, 3000
	if c.Quick {
		rooms = 10
	}
	var once, thrice []float64
	for range c.Runs {
		r, err := l.startChatter(with{})
		if err != nil {
			return nil, err
		}
		first, last, err := fillRooms(r, rooms, messages)
		r.stop()
		if err != nil {
			return nil, err
		}
		once, thrice = append(once, first), append(thrice, last)
	}
	return []row{{Measure: fmt.Sprintf("%d rooms, %d messages in each: memory of one", rooms, 3*messages), Unit: "KiB",
		Floor: once, Chatter: thrice, Asked: flat, Aim: true, Note: fmt.Sprintf("the floor is Chatter after %d in each", messages)}}, nil
}

// fillRooms has so many messages said in each room, and twice as many again, and returns
// by how much the server has grown for each room after the first and after the last, in
// KiB.
func fillRooms(r *rig, rooms, messages int) (first, last float64, err error) {
	pid := r.front[0].pid
	empty, err := memoryOf(pid)
	if err != nil {
		return 0, 0, err
	}
	t, err := openTalk(r, rooms, 1, 1)
	if err != nil {
		return 0, 0, err
	}
	defer t.close()
	said := func(each int) (float64, error) {
		if err := t.flood(storeFlying, rooms*each); err != nil {
			return 0, err
		}
		full, err := memoryOf(pid)
		return float64(full-empty) / 1024 / float64(rooms), err
	}
	if first, err = said(messages); err != nil {
		return 0, 0, err
	}
	if last, err = said(2 * messages); err != nil {
		return 0, 0, err
	}
	return first, last, t.check()
}
