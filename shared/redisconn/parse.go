package redisconn

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Options say how to reach Redis: exactly one field is set.
type Options struct {
	single   *redis.Options
	sentinel *redis.FailoverOptions
	cluster  *redis.ClusterOptions
}

// Parse reads an address of Redis:
//
//	redis://[user:password@]host[:port][/db]     one server
//	rediss://…                                   the same over TLS
//	unix:///path/to/redis.sock[?db=N]            one server on a Unix socket
//	redis://host1:port,host2:port                a Cluster, some of its nodes
//	redis://host1:port,host2:port?master_name=N  Sentinels that know primary N
//
// The query takes go-redis's own options, dial_timeout=1s for one. An error
// says what is wrong and never repeats the password.
func Parse(rawURL string) (Options, error) {
	opts, err := parse(rawURL)
	if err != nil {
		return Options{}, fmt.Errorf("redis address: %w", err)
	}
	return opts, nil
}

func parse(rawURL string) (Options, error) {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return Options{}, errors.New("no scheme: want redis://, rediss:// or unix://")
	}
	switch scheme {
	case "unix":
		o, err := redis.ParseURL(rawURL)
		if err != nil {
			return Options{}, withoutURL(err)
		}
		if o.Addr == "" {
			return Options{}, errors.New("unix:// without a path")
		}
		return single(o), nil
	case "redis", "rediss":
	default:
		return Options{}, fmt.Errorf("scheme %q: want redis://, rediss:// or unix://", scheme)
	}

	hosts, tail := cutAuthority(rest)
	first, others := splitHosts(hosts)
	u, err := url.Parse(scheme + "://" + first + tail)
	if err != nil {
		return Options{}, withoutURL(err)
	}
	if err := checkHost(u.Host); err != nil {
		return Options{}, err
	}
	query := u.Query()
	for _, addr := range others {
		if err := checkHost(addr); err != nil {
			return Options{}, err
		}
		query.Add("addr", addr)
	}
	u.RawQuery = query.Encode()

	switch {
	case query.Has("master_name"):
		if query.Get("master_name") == "" {
			return Options{}, errors.New("master_name is empty")
		}
		o, err := redis.ParseFailoverURL(u.String())
		if err != nil {
			return Options{}, withoutURL(err)
		}
		return sentinel(o), nil
	case query.Has("addr"):
		if u.Path != "" && u.Path != "/" && u.Path != "/0" {
			return Options{}, fmt.Errorf("a Cluster has no database but 0, got %q", u.Path)
		}
		u.Path = ""
		o, err := redis.ParseClusterURL(u.String())
		if err != nil {
			return Options{}, withoutURL(err)
		}
		return cluster(o), nil
	default:
		o, err := redis.ParseURL(u.String())
		if err != nil {
			return Options{}, withoutURL(err)
		}
		return single(o), nil
	}
}

// cutAuthority splits "user:pw@h1,h2/db?q" before the path or the query.
func cutAuthority(rest string) (authority, tail string) {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}

// splitHosts splits "user:pw@h1,h2,h3" into "user:pw@h1" and the others.
func splitHosts(authority string) (first string, others []string) {
	user, hosts := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, hosts = authority[:i+1], authority[i+1:]
	}
	list := strings.Split(hosts, ",")
	return user + list[0], list[1:]
}

func checkHost(hostport string) error {
	if hostport == "" {
		return errors.New("a host is empty")
	}
	host, port := hostport, ""
	if strings.Contains(hostport, ":") && !strings.HasSuffix(hostport, "]") {
		var err error
		if host, port, err = net.SplitHostPort(hostport); err != nil {
			return fmt.Errorf("host %q: want host or host:port", hostport)
		}
		if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
			return fmt.Errorf("host %q: port %q is none", hostport, port)
		}
	}
	if host == "" {
		return fmt.Errorf("host %q: the name is empty", hostport)
	}
	return nil
}

// withoutURL strips the address from an error of net/url: it may hold the
// password, and errors are logged.
func withoutURL(err error) error {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		return urlErr.Err
	}
	return err
}
