package redisconn

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Info holds the fields of one answer to INFO.
type Info map[string]string

// ReadInfo asks a node for one section of INFO.
func ReadInfo(ctx context.Context, node *redis.Client, section string) (Info, error) {
	text, err := node.Info(ctx, section).Result()
	if err != nil {
		return nil, Unavailable("read info", err)
	}
	info := Info{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info, nil
}

// Node is a client of one server.
type Node = redis.Client

// Primaries returns a client of each primary: one, or on a Cluster one for each shard. The
// caller does not close them.
func (c *Client) Primaries(ctx context.Context) ([]*Node, error) {
	cluster := c.Cluster()
	if cluster == nil {
		return []*Node{c.rdb.(*redis.Client)}, nil
	}
	var mu sync.Mutex
	var primaries []*Node
	err := cluster.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		primaries = append(primaries, node)
		return nil
	})
	slices.SortFunc(primaries, func(a, b *redis.Client) int { return strings.Compare(a.Options().Addr, b.Options().Addr) })
	return primaries, Unavailable("find the primaries", err)
}

// Replicas returns the addresses of the replicas that are connected to a primary.
func Replicas(ctx context.Context, primary *redis.Client) ([]string, error) {
	info, err := ReadInfo(ctx, primary, "replication")
	if err != nil {
		return nil, err
	}
	var addresses []string
	for name, value := range info {
		if !strings.HasPrefix(name, "slave") || !strings.HasPrefix(value, "ip=") {
			continue
		}
		fields := map[string]string{}
		for field := range strings.SplitSeq(value, ",") {
			name, value, _ := strings.Cut(field, "=")
			fields[name] = value
		}
		addresses = append(addresses, net.JoinHostPort(fields["ip"], fields["port"]))
	}
	slices.Sort(addresses)
	return addresses, nil
}

// Dial returns a client of another node, with the name, the password and the limits that are
// used for primary. It does not connect yet. The caller closes it.
func Dial(primary *redis.Client, address string) *redis.Client {
	like := primary.Options()
	o := &redis.Options{
		Network: "tcp", Addr: address, Protocol: like.Protocol, MaxRetries: -1, PoolSize: 1,
		Username: like.Username, Password: like.Password, CredentialsProvider: like.CredentialsProvider,
		DialTimeout: dialTimeout, ReadTimeout: ioTimeout, WriteTimeout: ioTimeout,
	}
	if like.TLSConfig != nil {
		o.TLSConfig = like.TLSConfig.Clone()
	}
	return newSingle(o, 0)
}

// DataDir returns the directory of a node's files, or "" if the node runs on another machine
// or may not be asked. A node is on this machine if it is reached through a unix socket or
// a loopback address.
func DataDir(ctx context.Context, node *redis.Client) string {
	if o := node.Options(); o.Network != "unix" {
		host, _, err := net.SplitHostPort(o.Addr)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && !ip.IsLoopback() {
			return ""
		}
	}
	return node.ConfigGet(ctx, "dir").Val()["dir"]
}
