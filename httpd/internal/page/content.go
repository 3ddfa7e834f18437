package page

import "html/template"

// Base is the content that every page has. Templates write .Base.User: finding .User in an
// embedded struct takes three times as long, and a page has several.
type Base struct {
	Lang  string
	Title string // "" = the site's name alone
	User  string // the name of the guest; "" = no session
	Here  string // the address that shows the page again

	Notice    string // for all guests, about the site; "" = none
	Moderates bool   // the browser may moderate; only the page around fragments may depend on it
}

func (b Base) lang() string { return b.Lang }

// SignIn is the form that asks for a name.
type SignIn struct {
	Base
	Typed, Problem string
	Next           string // the local path to go on to; "" = the index
	Room           string // the name of the room at Next; "" = none
	Offer          string // the name of a guest who enters none; "" = a name is required
	Phrase         bool   // the form asks for the site's phrase
	PhraseTyped    string
	PhraseProblem  string
}

// Index lists the recent users and rooms.
type Index struct {
	Base
	Users, Rooms           template.HTML // see Recents; Users without the guest, who stands first
	RoomTyped, RoomProblem string
	Now                    int64 // milliseconds since 1970
}

// Share asks for the room in which a shared text is to be said.
type Share struct {
	Base
	Text  string
	Rooms []string // recent ones
}

// Room is a room with its newest messages.
type Room struct {
	Base
	Room, Path     string
	Key            string // equal for all spellings of the room's name
	Messages       MessageList
	Nonce          string
	Typed, Problem string
	Unlisted       bool
	Address        string // of the room, as it is copied
	Above          string // the address as it is read, up to the name of the room
	Now            int64  // milliseconds since 1970
	Interval       int64  // milliseconds after which the list of guests changes
}

// Order is what a moderator can order in the room; a script fills in the message.
func (r Room) Order() Order { return Order{Path: r.Path, Next: r.Path} }

// Log is a part of a room's log in a frame, for browsers without scripts.
type Log struct {
	Base
	Path      string
	Messages  MessageList
	Here      string // the ID before which the part ends; "" = the newest part
	Before    string // the ID of the oldest message if there are older ones
	Newest    bool   // the part is the end of the log, and the page reloads itself
	Still     string // the ID behind the newest message: this part as a page that does not reload
	SignedOut bool
	Notice    string // what became of a report or an order; "" = none
}

// Moderator is the page of a moderator: a link that can be spent, or what guests have reported.
type Moderator struct {
	Base
	Token   string // of the link; "" = none
	Spent   bool   // the link cannot be used
	Notice  string // what became of an order; "" = none
	Reports []Report
}

// Report is a message that guests have reported.
type Report struct {
	Room, Path, ID, Text string
	Count, Classes       string // in words
}

// Order asks a moderator what to do about a message.
type Order struct {
	Base
	Room, Path, ID, Text string
	Next                 string // the local path to go on to
}

// Failure is an error's page.
type Failure struct {
	Base
	Status int
	Detail string
	Retry  bool // the page reloads itself
}

// Privacy explains how private the site is.
type Privacy struct{ Base }

// Empty reports whether the room is known to have no messages. With a problem they may be
// missing.
func (r Room) Empty() bool { return r.Messages.Last.IsZero() && r.Problem == "" }

func (SignIn) template() string  { return "signin" }
func (Index) template() string   { return "index" }
func (Share) template() string   { return "share" }
func (Room) template() string    { return "room" }
func (Log) template() string     { return "log" }
func (Failure) template() string { return "error" }
func (Privacy) template() string { return "privacy" }

func (Moderator) template() string { return "moderator" }
func (Order) template() string     { return "order" }
