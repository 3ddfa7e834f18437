// Package supervisor holds the files that supervisord reads, so that Go code which
// starts a stack uses the very ones that lie here.
package supervisor

import "embed"

// Files are the program files, the main file of an unprivileged supervisord and the
// configuration of its Redis.
//
//go:embed chatter.conf stack.conf supervisord.conf redis.conf
var Files embed.FS
