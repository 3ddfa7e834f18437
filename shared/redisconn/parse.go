package redisconn

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
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
	if err != nil {
		return Options{}, fmt.Errorf("redis address: %w", err)
	}
	return opts, nil
}

func parse(rawURL string) (Options, error) {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	switch {
	case !ok:
		return Options{}, errors.New("no scheme: want redis://, rediss:// or unix://")
	case scheme == "unix":
		return parseUnix(rawURL)
	case scheme != "redis" && scheme != "rediss":
		return Options{}, fmt.Errorf("scheme %q: want redis://, rediss:// or unix://", scheme)
	}
	rest, others := cutHosts(rest)
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil {
		return Options{}, err
	}
	for _, host := range append([]string{u.Host}, others...) {
		if err := checkHost(host); err != nil {
			return Options{}, err
		}
	}
	query := withDefaults(u.Query())
	for _, host := range others {
		query.Add("addr", host)
	}
	u.RawQuery = query.Encode()

	switch {
	case query.Has("master_name"):
		if query.Get("master_name") == "" {
			return Options{}, errors.New("master_name is empty")
		}
		return sentinel(redis.ParseFailoverURL(u.String()))
	case query.Has("addr"):
		if u.Path != "" && u.Path != "/" && u.Path != "/0" {
			return Options{}, fmt.Errorf("a Cluster has no database but 0, got %q", u.Path)
		}
		u.Path = ""
		return cluster(redis.ParseClusterURL(u.String()))
	default:
		return single(redis.ParseURL(u.String()))
	}
}

func parseUnix(rawURL string) (Options, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return Options{}, err
	}
	if u.Path == "" {
		return Options{}, errors.New("unix:// without a path")
	}
	u.RawQuery = withDefaults(u.Query()).Encode()
	return single(redis.ParseURL(u.String()))
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
