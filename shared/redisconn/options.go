package redisconn

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// The protocol is RESP2: pub/sub over RESP3 has lost messages in releases of
// go-redis that people still run, and nothing here needs RESP3.
const protocol = 2

func single(o *redis.Options) Options {
	o.Protocol, o.DisableIdentity, o.ContextTimeoutEnabled = protocol, true, true
	o.DialerRetries = 1 // commands are retried, which is enough
	limit(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	o.Dialer = quiet(o.TLSConfig, o.DialTimeout)
	return Options{single: o}
}

func sentinel(o *redis.FailoverOptions) Options {
	o.Protocol, o.DisableIdentity, o.ContextTimeoutEnabled = protocol, true, true
	o.DialerRetries = 1 // commands are retried, which is enough
	limit(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	o.Dialer = quiet(o.TLSConfig, o.DialTimeout)
	return Options{sentinel: o}
}

func cluster(o *redis.ClusterOptions) Options {
	o.Protocol, o.DisableIdentity, o.ContextTimeoutEnabled = protocol, true, true
	o.DialerRetries = 1 // commands are retried, which is enough
	limit(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	o.Dialer = quiet(o.TLSConfig, o.DialTimeout)
	return Options{cluster: o}
}

// limit sets the timeouts that the address left open.
func limit(dial, read, write *time.Duration) {
	if *dial == 0 {
		*dial = dialTimeout
	}
	if *read == 0 {
		*read = ioTimeout
	}
	if *write == 0 {
		*write = ioTimeout
	}
}

func (o Options) client() redis.UniversalClient {
	switch {
	case o.cluster != nil:
		return redis.NewClusterClient(o.cluster)
	case o.sentinel != nil:
		return redis.NewFailoverClient(o.sentinel)
	default:
		return redis.NewClient(o.single)
	}
}
