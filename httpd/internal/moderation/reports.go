package moderation

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"chatter/shared/background"
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
	byMessage map[string]map[limits.Class]struct{} // by member
	unwritten map[string]counts                    // by member

	tasks background.Tasks
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
		client: client, log: log, key: o.Prefix + "reports", opts: o, unwritten: make(map[string]counts),
	}
}

// Start writes reports every few seconds until Close, and forgets those of messages that do not
// exist any more.
func (r *Reports) Start() {
	// If Redis does not answer, the next time tries again.
	r.tasks.Every(writeEvery, func(ctx context.Context) { _ = r.write(ctx) })
	r.tasks.Every(min(lookEvery, r.opts.Retention/4), func(ctx context.Context) { _, _ = r.List(ctx) })
}

// Close ends what Start began, and writes the reports that have not been written yet.
func (r *Reports) Close() {
	r.tasks.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = r.write(ctx)
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
	return r.count(class, memberOf(room, id))
}

// admit returns the class of the client, whose report counts against its limit.
func (r *Reports) admit(req *http.Request, now time.Time) (limits.Class, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.until) {
		// New Classes have another key.
		r.classes, r.until = limits.NewClasses(r.opts.Trusted), now.Add(classLife)
		r.byClass = make(map[limits.Class]int)
		r.byMessage = make(map[string]map[limits.Class]struct{})
	}
	class := r.classes.Of(req, now)
	n, known := r.byClass[class]
	if n >= maxPerClass || !known && len(r.byClass) >= maxClasses {
		return class, ErrTooManyReports
	}
	r.byClass[class]++
	return class, nil
}

func (r *Reports) count(class limits.Class, member string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	classes := r.byMessage[member]
	if classes == nil {
		if len(r.byMessage) >= maxReported || len(r.unwritten) >= maxReported {
			return ErrTooManyReports
		}
		classes = make(map[limits.Class]struct{})
		r.byMessage[member] = classes
	}
	if len(classes) < maxClassesPerMessage {
		classes[class] = struct{}{}
	}
	r.addUnwritten(member, counts{reports: 1, classes: len(classes)})
	return nil
}

// addUnwritten adds counts that Redis does not have.
func (r *Reports) addUnwritten(member string, c counts) {
	before := r.unwritten[member]
	r.unwritten[member] = counts{reports: before.reports + c.reports, classes: max(before.classes, c.classes)}
}
