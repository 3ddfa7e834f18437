package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"chatter/supervisor"
)

// makeRedis starts a Redis, set up as the stack's, in a directory of the rig's own.
func (l lab) makeRedis(r *rig) (err error) {
	if r.dir, err = os.MkdirTemp("", "chatter"); err != nil {
		return err
	}
	conf, err := supervisor.Files.ReadFile("redis.conf")
	if err != nil {
		return err
	}
	if l.sync != "" {
		conf = []byte(strings.Replace(string(conf), "\nappendfsync always", "\nappendfsync "+l.sync, 1))
	}
	data := filepath.Join(r.dir, "redis")
	file := filepath.Join(r.dir, "redis.conf")
	if err := errors.Join(os.Mkdir(data, 0o700), os.WriteFile(file, conf, 0o600)); err != nil {
		return err
	}
	cmd := exec.Command(l.programs["redis-server"], file)
	cmd.Dir = data
	if r.redis, err = start(cmd); err != nil {
		return err
	}
	r.accs = append(r.accs, r.redis.pid)
	return nil
}

// redisSocket is where the rig's Redis listens.
func (r *rig) redisSocket() string { return filepath.Join(r.dir, "redis.sock") }

// redisURL is the same for those who go there.
func (r *rig) redisURL() string { return "unix://" + r.redisSocket() }
