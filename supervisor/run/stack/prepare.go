package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"chatter/nginx"
	"chatter/supervisor"
	"chatter/supervisor/run/child"
	"chatter/supervisor/run/services"
)

// longestDir keeps the path of each socket within the limit of the systems (104 bytes on BSD,
// 108 on Linux). The longest path is that of supervisord while it starts: supervisor.sock and
// its process id.
const longestDir = 104 - len("/supervisor.sock.4194304") - 1

// MaxFiles is the number of files that nginx and the services may open on a VM.
const MaxFiles = 65536

// Programs are the programs that a stack needs.
var Programs = []string{"supervisord", "supervisorctl", "nginx", "redis-server"}

const addressFile = "address"

func checkDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if len(dir) > longestDir {
		return "", fmt.Errorf("%s: the path is too long for sockets in it, at most %d bytes", dir, longestDir)
	}
	// These are syntax in one of the configurations.
	if strings.ContainsAny(dir, " \t\r\n%;{}\"'\\#$,") {
		return "", fmt.Errorf("%s: supervisord and nginx do not accept a path with such characters", dir)
	}
	return dir, nil
}

// freeAddr returns addr, or ErrPortInUse if another process listens there. For port 0 it
// finds a free port, which another process may take before nginx does.
func freeAddr(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return "", fmt.Errorf("%w: another process listens on %s", ErrPortInUse, addr)
	}
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// prepare writes all files into the directory and returns supervisord's environment.
func prepare(ctx context.Context, o Options, addr string) ([]string, error) {
	for _, name := range Programs {
		if _, err := child.Find(name); err != nil {
			return nil, err
		}
	}
	for _, sub := range []string{"logs", "redis", "nginx"} {
		if err := os.MkdirAll(filepath.Join(o.Dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	if o.Bin == "" {
		o.Bin = filepath.Join(o.Dir, "bin")
		if err := services.Build(ctx, o.Bin); err != nil {
			return nil, err
		}
	}
	bin, err := filepath.Abs(o.Bin)
	if err != nil {
		return nil, err
	}
	secret := filepath.Join(o.Dir, "secret")
	if err := services.EnsureSecret(secret); err != nil {
		return nil, err
	}
	me, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("find the user: %w", err)
	}
	files := OpenFiles()
	if err := writeFiles(o, addr, me.Username, files); err != nil {
		return nil, err
	}
	env := append(os.Environ(),
		"PATH="+os.Getenv("PATH")+string(os.PathListSeparator)+strings.Join(child.SystemPath, string(os.PathListSeparator)),
		"CHATTER_USER="+me.Username,
		"CHATTER_SOCKET_OWNER="+me.Username,
		"CHATTER_BIN="+bin,
		"CHATTER_RUN="+o.Dir,
		"CHATTER_LOGS="+filepath.Join(o.Dir, "logs"),
		"CHATTER_NOFILE="+strconv.Itoa(files),
		"CHATTER_REDIS="+redisURL(o.Dir),
		"CHATTER_SECRET_FILE="+secret,
		"CHATTER_ALLOW_ROOT=true", // They run as the user who starts the stack.
	)
	return append(env, o.Env...), nil
}

func writeFiles(o Options, addr, username string, files int) error {
	for _, name := range []string{"chatter.conf", "stack.conf", "supervisord.conf", "redis.conf"} {
		text, err := supervisor.Files.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(o.Dir, name), text, 0o600); err != nil {
			return err
		}
	}
	prefix := filepath.Join(o.Dir, "nginx")
	// All logs in one place, through the same link that a VM has.
	if err := os.Symlink("../logs", filepath.Join(prefix, "logs")); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	main := nginx.Main{User: username, Files: files}
	site := nginx.Site{
		Listen:              addr,
		HTTPD:               "unix:" + filepath.Join(o.Dir, "httpd.sock"),
		WSD:                 "unix:" + filepath.Join(o.Dir, "wsd.sock"),
		SocketsPerAddress:   o.SocketsPerAddress,
		HandshakesPerSecond: o.HandshakesPerSecond,
		RequestsPerSecond:   o.RequestsPerSecond,
	}
	if err := nginx.Write(prefix, main, site); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.Dir, addressFile), []byte(addr+"\n"), 0o600)
}

func redisURL(dir string) string { return "unix://" + filepath.Join(dir, "redis.sock") }

// OpenFiles returns the number of files that a process of the stack may open: MaxFiles if root
// starts the stack, otherwise at most the hard limit of this process. supervisord does not start
// if its configuration demands more.
func OpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	if limit.Max >= MaxFiles {
		return MaxFiles
	}
	raised := limit
	raised.Max = MaxFiles
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
		return MaxFiles
	}
	return int(limit.Max)
}
