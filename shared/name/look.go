package name

import (
	"strings"

	"go.mau.fi/util/confusable"
)

// Look returns what the name looks like: names of one Look are hard to tell apart, in upper
// and lower case. It is the skeleton of UTS #39 and must not be shown.
func (u User) Look() string { return u.parsed.look() }

// Look returns what the name looks like: names of one Look are hard to tell apart, in upper
// and lower case. It is the skeleton of UTS #39 and must not be shown.
func (r Room) Look() string { return r.parsed.look() }

// look takes the skeleton before it drops the case, because a capital I looks like a small l,
// and after it, because UTS #39 takes some small letters for others.
func (p parsed) look() string {
	return confusable.Skeleton(strings.ToLower(confusable.Skeleton(p.enforced)))
}
