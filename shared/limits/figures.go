package limits

import "time"

// Figures are the limits in one process, which knows nothing of the other processes but what was
// said in rooms. A guest of several processes may say as much in each of them:
// supervisor/LIMITS.md has what that makes in all, and why the limits are as they are.
type Figures struct {
	Session     Rate // of a session that is old enough; see slowStart
	ClassInRoom Rate // while other classes talk in the room
	Room        Rate // of all processes together, which tell each other (exchange of reports)
	First       Rate // of a class, into rooms that are empty
	SignIn      Rate // of a class
}

// ForSockets are the figures of wsd. Nearly all messages come through sockets, so most of
// what a class may say in a room is there. A sayRate of 0 does not limit sessions.
func ForSockets(sayRate float64, sayBurst int) Figures {
	return figuresOf(sayRate, sayBurst, Rate{15, 0.8})
}

// ForPages are the figures of httpd.
func ForPages(sayRate float64, sayBurst int) Figures {
	return figuresOf(sayRate, sayBurst, Rate{5, 0.15})
}

func figuresOf(sayRate float64, sayBurst int, classInRoom Rate) Figures {
	return Figures{
		Session:     Rate{float64(max(sayBurst, 1)), sayRate},
		ClassInRoom: classInRoom,
		Room:        Rate{200, 50},
		First:       Rate{30, 10.0 / 60},
		SignIn:      Rate{600, 1},
	}
}

// slowStart returns what a session of this age may say: a new one costs an attacker a
// sign-in only.
func (f Figures) slowStart(age time.Duration) Rate {
	seconds := max(age, 0).Seconds()
	return Rate{
		Burst:     min(f.Session.Burst, 3+seconds/30),
		PerSecond: min(f.Session.PerSecond, 0.5+seconds/60),
	}
}

// costOf returns the tokens for a message: one, and one for each KiB.
func costOf(bytes int) float64 { return float64(1 + bytes>>10) }
