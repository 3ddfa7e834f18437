package redisconn

import (
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
)

// Options say how to reach Redis: exactly one field is set.
type Options struct {
	single   *redis.Options
	sentinel *redis.FailoverOptions
	cluster  *redis.ClusterOptions
}

// withDefaults adds the options that go-redis reads from an address of every kind.
func withDefaults(query url.Values) url.Values {
	for key, value := range map[string]string{
		"dial_timeout": dialTimeout.String(), "read_timeout": ioTimeout.String(), "write_timeout": ioTimeout.String(),
	} {
		if !query.Has(key) {
			query.Set(key, value)
		}
	}
	// RESP2: pub/sub over RESP3 has lost messages in releases of go-redis that are still
	// in use, and nothing here needs RESP3.
	query.Set("protocol", "2")
	return query
}

// Commands are retried, so that one attempt to dial is enough.
const dialerRetries = 1

func single(o *redis.Options, err error) (Options, error) {
	if err == nil {
		o.DisableIdentity, o.ContextTimeoutEnabled, o.DialerRetries = true, true, dialerRetries
		o.Dialer = quiet(o.TLSConfig, o.DialTimeout)
	}
	return Options{single: o}, err
}

func sentinel(o *redis.FailoverOptions, err error) (Options, error) {
	if err == nil {
		o.DisableIdentity, o.ContextTimeoutEnabled, o.DialerRetries = true, true, dialerRetries
		o.Dialer = quiet(o.TLSConfig, o.DialTimeout)
	}
	return Options{sentinel: o}, err
}

func cluster(o *redis.ClusterOptions, err error) (Options, error) {
	if err == nil {
		o.DisableIdentity, o.ContextTimeoutEnabled, o.DialerRetries = true, true, dialerRetries
		o.Dialer = quiet(o.TLSConfig, o.DialTimeout)
	}
	return Options{cluster: o}, err
}

// poolSize is the number of connections to a server, also while few are needed: a pool of
// go-redis that shrinks goes on referring to the last connections that it closed.
const poolSize = 10

func (o Options) client(lifetime time.Duration) redis.UniversalClient {
	switch {
	case o.cluster != nil:
		o.cluster.PoolFIFO, o.cluster.ConnMaxLifetime = true, lifetime
		o.cluster.PoolSize, o.cluster.MinIdleConns = poolSize, poolSize
		return redis.NewClusterClient(o.cluster)
	case o.sentinel != nil:
		o.sentinel.PoolFIFO, o.sentinel.ConnMaxLifetime = true, lifetime
		o.sentinel.PoolSize, o.sentinel.MinIdleConns = poolSize, poolSize
		return redis.NewFailoverClient(o.sentinel)
	default:
		o.single.PoolFIFO, o.single.ConnMaxLifetime = true, lifetime
		o.single.PoolSize, o.single.MinIdleConns = poolSize, poolSize
		return redis.NewClient(o.single)
	}
}
