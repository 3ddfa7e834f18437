package moderation

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

const (
	// maxReported is how many reported messages Redis holds, and a process counts. Those with
	// reports from most classes stay.
	maxReported = 1000
	// maxPerClass is how many reports of one class count within classLife. In a day, one
	// class cannot fill the list through two processes.
	maxPerClass = 20
	// maxClasses bounds the classes that are counted within classLife, and
	// maxClassesPerMessage those of one message.
	maxClasses, maxClassesPerMessage = 10_000, 64
	// classLife is how long a class is remembered. A class has another hash after that, so
	// the counts of two such times are not added up.
	classLife = time.Hour
	// writeEvery is how often reports are written: several at once and sorted, so that their
	// order and their time do not tell what the guest who reported did before or after.
	writeEvery = 10 * time.Second
)

// ErrTooManyReports says that a report does not count, because many came from the guest's
// address class within the hour.
var ErrTooManyReports = errors.New("too many reports from one address class")

// messageRef names a message.
type messageRef struct {
	room name.Room // as canonical returns it
	id   wire.ID
}

// counts are the reports of a message.
type counts struct {
	reports int
	classes int // at least so many address classes have reported it
}

// Reports collects which messages guests report. Redis holds, for each reported message, the
// room, the ID and counts. A process has the classes of the reporting clients in memory, for
// classLife; nothing holds a session. It is safe for concurrent use.
type Reports struct {
	client *redisconn.Client
	log    *roomlog.Log
	key    string // in Redis
	opts   ReportOptions

	mu        sync.Mutex
	classes   *limits.Classes
	until     time.Time // the end of classLife
	byClass   map[limits.Class]int
	byMessage map[messageRef]map[limits.Class]struct{}
	unwritten map[messageRef]counts

	stop    context.CancelFunc
	running sync.WaitGroup
}

// ReportOptions are the settings of Reports.
type ReportOptions struct {
	Prefix    string
	Retention time.Duration   // of messages
	Trusted   []netip.Prefix  // as [limits.NewClasses] takes them
	Expires   func(time.Time) // is told when Redis forgets reports; may be nil
}

// NewReports returns Reports of the messages in log. Start has them written.
func NewReports(client *redisconn.Client, log *roomlog.Log, o ReportOptions) *Reports {
	return &Reports{
		client: client, log: log, key: o.Prefix + "reports", opts: o,
		unwritten: make(map[messageRef]counts), stop: func() {},
	}
}

// Start writes reports every few seconds until Close.
func (r *Reports) Start() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.running.Go(func() { r.loop(ctx) })
}

// Close writes the reports that have not been written yet and stops the goroutine.
func (r *Reports) Close() {
	r.stop()
	r.running.Wait()
}

// Save implements daemon.State: a reload loses no report that has been accepted.
func (r *Reports) Save() ([]byte, error) {
	r.Close()
	return nil, nil
}

// Restore implements daemon.State. There is nothing to restore.
func (r *Reports) Restore([]byte) error { return nil }

// Add counts the report of a message by the client that sent the request. A message that does
// not exist any more is not counted, which is no error. Other errors than ErrTooManyReports
// wrap redisconn.ErrUnavailable.
func (r *Reports) Add(req *http.Request, room name.Room, id wire.ID, now time.Time) error {
	class, err := r.admit(req, now)
	if err != nil {
		return err
	}
	b := r.client.Batch()
	found := r.log.At(b, room, id)
	if err := b.Run(req.Context()); err != nil || len(found.Entries) == 0 {
		return err
	}
	return r.count(class, messageRef{canonical(room), id})
}

// admit returns the class of the client, whose report counts against its limit.
func (r *Reports) admit(req *http.Request, now time.Time) (limits.Class, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.until) {
		// New Classes have another key.
		r.classes, r.until = limits.NewClasses(r.opts.Trusted), now.Add(classLife)
		r.byClass = make(map[limits.Class]int)
		r.byMessage = make(map[messageRef]map[limits.Class]struct{})
	}
	class := r.classes.Of(req, now)
	n, known := r.byClass[class]
	if n >= maxPerClass || !known && len(r.byClass) >= maxClasses {
		return class, ErrTooManyReports
	}
	r.byClass[class]++
	return class, nil
}

func (r *Reports) count(class limits.Class, m messageRef) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	classes := r.byMessage[m]
	if classes == nil {
		if len(r.byMessage) >= maxReported || len(r.unwritten) >= maxReported {
			return ErrTooManyReports
		}
		classes = make(map[limits.Class]struct{})
		r.byMessage[m] = classes
	}
	if len(classes) < maxClassesPerMessage {
		classes[class] = struct{}{}
	}
	r.addUnwritten(m, counts{reports: 1, classes: len(classes)})
	return nil
}

// addUnwritten adds counts that Redis does not have.
func (r *Reports) addUnwritten(m messageRef, c counts) {
	before := r.unwritten[m]
	r.unwritten[m] = counts{reports: before.reports + c.reports, classes: max(before.classes, c.classes)}
}

// canonical returns the name that stands for all spellings of a room. If the comparison key is
// longer than a name can be, each spelling stands for itself.
func canonical(room name.Room) name.Room {
	if same, err := name.ParseRoom(room.Key()); err == nil {
		return same
	}
	return room
}
