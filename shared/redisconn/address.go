package redisconn

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Options say how to reach Redis: exactly one field is set.
type Options struct {
	single   *redis.Options
	sentinel *redis.FailoverOptions
	cluster  *redis.ClusterOptions
}

const (
	// poolSize is the number of connections to a server, also while few are needed: a pool of
	// go-redis that shrinks goes on referring to the last connections that it closed.
	poolSize = "10"
	// Commands are retried, so that one attempt to dial is enough.
	dialerRetries = 1
)

// Parse reads an address of Redis:
//
//	redis://[user:password@]host[:port][/db]     one server
//	rediss://…                                   the same over TLS
//	unix:///path/to/redis.sock[?db=N]            one server on a Unix socket
//	redis://host1:port,host2:port                a Cluster, some of its nodes
//	redis://host1:port,host2:port?master_name=N  Sentinels that know primary N
//
// The query takes go-redis's own options, dial_timeout=1s for one. An error says what is
// wrong and never repeats the password.
func Parse(rawURL string) (Options, error) {
	opts, err := parse(rawURL)
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err // without the address, which may hold the password
	}
	if err != nil && passwordEndsEarly(rawURL) {
		err = errors.New(`/, ? and # in a password must be percent-encoded`)
	}
	if err != nil {
		return Options{}, fmt.Errorf("redis address: %w", err)
	}
	return opts, nil
}

// passwordEndsEarly reports whether a password may have been taken for a host, a path or a query,
// which errors repeat.
func passwordEndsEarly(rawURL string) bool {
	_, rest, _ := strings.Cut(rawURL, "://")
	end := strings.IndexAny(rest, "/?#")
	return end > 0 && !strings.Contains(rest[:end], "@") && strings.Contains(rest[end:], "@")
}

func parse(rawURL string) (o Options, err error) {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	switch {
	case !ok:
		return o, errors.New("no scheme: want redis://, rediss:// or unix://")
	case scheme != "redis" && scheme != "rediss" && scheme != "unix":
		return o, fmt.Errorf("scheme %q: want redis://, rediss:// or unix://", scheme)
	}
	rest, others := cutHosts(rest)
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil {
		return o, err
	}
	hosts := append([]string{u.Host}, others...)
	if scheme == "unix" {
		hosts = nil
		if u.Path == "" {
			return o, errors.New("unix:// without a path")
		}
	}
	for _, host := range hosts {
		if err := checkHost(host); err != nil {
			return o, err
		}
	}
	query := complete(u.Query())
	for _, host := range others {
		query.Add("addr", host)
	}
	u.RawQuery = query.Encode()

	switch {
	case query.Has("master_name"):
		if query.Get("master_name") == "" {
			return o, errors.New("master_name is empty")
		}
		o.sentinel, err = redis.ParseFailoverURL(u.String())
	case query.Has("addr"):
		if u.Path != "" && u.Path != "/" && u.Path != "/0" {
			return o, fmt.Errorf("a Cluster has no database but 0, got %q", u.Path)
		}
		u.Path = ""
		o.cluster, err = redis.ParseClusterURL(u.String())
	default:
		o.single, err = redis.ParseURL(u.String())
	}
	return o, err
}

// cutHosts cuts "user:pw@h1,h2,h3/db?q" into "user:pw@h1/db?q" and the other hosts.
func cutHosts(rest string) (first string, others []string) {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndexByte(rest[:end], '@') + 1
	hosts := strings.Split(rest[begin:end], ",")
	return rest[:begin] + hosts[0] + rest[end:], hosts[1:]
}

func checkHost(hostport string) error {
	withPort := hostport
	if !strings.Contains(hostport, ":") || strings.HasSuffix(hostport, "]") {
		withPort += ":6379"
	}
	host, port, err := net.SplitHostPort(withPort)
	if err != nil || host == "" {
		return fmt.Errorf("host %q: want host or host:port", hostport)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("host %q: the port must be a number up to 65535", hostport)
	}
	return nil
}

// complete adds the options that go-redis reads from an address of every kind.
func complete(query url.Values) url.Values {
	for key, value := range map[string]string{
		"dial_timeout": dialTimeout.String(), "read_timeout": ioTimeout.String(), "write_timeout": ioTimeout.String(),
	} {
		if !query.Has(key) {
			query.Set(key, value)
		}
	}
	query.Set("pool_fifo", "true")
	query.Set("pool_size", poolSize)
	query.Set("min_idle_conns", poolSize)
	// RESP2: pub/sub over RESP3 has lost messages in releases of go-redis that are still
	// in use, and nothing here needs RESP3.
	query.Set("protocol", "2")
	return query
}

// client makes a client whose connections are used for lifetime.
func (o Options) client(lifetime time.Duration) redis.UniversalClient {
	switch {
	case o.cluster != nil:
		c := o.cluster
		c.DisableIdentity, c.ContextTimeoutEnabled, c.DialerRetries, c.ConnMaxLifetime = true, true, dialerRetries, lifetime
		c.Dialer = quiet(c.TLSConfig, c.DialTimeout)
		return redis.NewClusterClient(c)
	case o.sentinel != nil:
		s := o.sentinel
		s.DisableIdentity, s.ContextTimeoutEnabled, s.DialerRetries, s.ConnMaxLifetime = true, true, dialerRetries, lifetime
		s.Dialer = quiet(s.TLSConfig, s.DialTimeout)
		return redis.NewFailoverClient(s)
	default:
		return newSingle(o.single, lifetime)
	}
}

// newSingle makes a client of one server whose connections are used for lifetime, 0 = for ever.
func newSingle(o *redis.Options, lifetime time.Duration) *redis.Client {
	o.DisableIdentity, o.ContextTimeoutEnabled, o.DialerRetries, o.ConnMaxLifetime = true, true, dialerRetries, lifetime
	o.Dialer = quiet(o.TLSConfig, o.DialTimeout)
	return redis.NewClient(o)
}

// Reach is where the connections of a client lead.
type Reach struct {
	Socket  string // file of a Unix socket; "" = TCP
	Port    uint16 // the only one; 0 = the nodes of a Cluster, or Sentinels, name further ones
	Lookup  bool   // a host may be a name, not an address
	Secured bool   // over TLS
}

// Reach returns where the connections lead. Replicas of a single server are not in it: Redis
// names them, and their port may be another one.
func (o Options) Reach() Reach {
	switch {
	case o.cluster != nil:
		return Reach{Lookup: true, Secured: o.cluster.TLSConfig != nil}
	case o.sentinel != nil:
		return Reach{Lookup: true, Secured: o.sentinel.TLSConfig != nil}
	case o.single.Network == "unix":
		return Reach{Socket: o.single.Addr}
	}
	host, port, _ := net.SplitHostPort(o.single.Addr) // Parse has checked it
	n, _ := strconv.ParseUint(port, 10, 16)
	_, err := netip.ParseAddr(host)
	return Reach{Port: uint16(n), Lookup: err != nil, Secured: o.single.TLSConfig != nil}
}

// WithoutPassword returns an address of Redis without the name, the password and the query,
// which may hold another password.
func WithoutPassword(address string) string {
	address, _, _ = strings.Cut(address, "?")
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	return scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:]
}
