package harden

// enforced are what the kernel restricts since a version of Landlock.
var enforced = []struct {
	since int
	what  string
}{
	{1, "files"}, {1, "programs"}, {3, "truncate"}, {4, "TCP ports"}, {6, "signals"}, {6, "abstract sockets"}, {9, "socket files"}, {10, "UDP"},
}

// Enforced returns what that version of Landlock restricts, and what it leaves alone.
func Enforced(version int) (restricted, left []string) {
	for _, e := range enforced {
		if version >= e.since {
			restricted = append(restricted, e.what)
		} else {
			left = append(left, e.what)
		}
	}
	return restricted, left
}
