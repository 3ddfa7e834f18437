package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"chatter/nginx"
	"chatter/shared/name"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor"
	"chatter/supervisor/bench/swarm"
	"chatter/supervisor/services"
)

// rig is a server under load, with what belongs to it.
type rig struct {
	floor   bool
	servers []swarm.Server // clients take turns
	redis   *process       // nil for a floor
	front   []*process     // the servers themselves, and nginx
	accs    []int          // process ids to account for, Redis included
	prefix  string         // of its rooms' names
	dir     string
	keep    []*os.File
	again   func() (*process, error) // starts the first server once more, on the same socket
}

// cpu is the processor time that everything in the rig has used.
func (r *rig) cpu() (time.Duration, error) { return cpuOf(r.accs) }

// memory is what everything in the rig holds now, in bytes.
func (r *rig) memory() (total int64, err error) {
	for _, pid := range r.accs {
		held, err := memoryOf(pid)
		if err != nil {
			return 0, err
		}
		total += held
	}
	return total, nil
}

// path is where a room's sockets are opened, with the newest page of its log.
func (r *rig) path(room int) string { return r.pathSince(room, "0") }

// pathSince is the same with all that came after the entry since.
func (r *rig) pathSince(room int, since string) string {
	return fmt.Sprintf("/ws/chat/%sroom%d/?since=%s", r.prefix, room, since)
}

func (r *rig) stop() {
	for _, p := range append(r.front, r.redis) {
		if p != nil {
			p.kill()
		}
	}
	for _, f := range r.keep {
		_ = f.Close()
	}
	_ = os.RemoveAll(r.dir)
}

// lab makes rigs. bin holds the services.
type lab struct {
	ctx context.Context
	bin string
	// sync is Redis's appendfsync; "" = as the stack has it.
	sync string
	// running is a server that stands in for all that startChatter would start; nil for
	// none.
	running *running
}

// listen opens a listening socket whose other end a process takes as descriptor 3.
func (r *rig) listen() (*os.File, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return nil, "", err
	}
	r.keep = append(r.keep, f)
	return f, l.Addr().String(), nil
}

// startFloor starts this program as a floor: of "rooms" whose writes carry so many
// frames, or of "pages" of size bytes.
func (l lab) startFloor(kind string, n int) (*rig, error) {
	return l.startFloorOn(&rig{floor: true}, kind, n)
}

func (l lab) startFloorOn(r *rig, kind string, n int) (*rig, error) {
	me, err := os.Executable()
	if err != nil {
		return nil, err
	}
	socket, addr, err := r.listen()
	if err != nil {
		return nil, err
	}
	r.again = func() (*process, error) {
		cmd := exec.Command(me, floorCommand, kind, strconv.Itoa(n))
		if r.redis != nil {
			cmd.Args = append(cmd.Args, r.redisURL())
		}
		cmd.ExtraFiles = []*os.File{socket}
		cmd.Stderr = os.Stderr
		return start(cmd)
	}
	p, err := r.again()
	if err != nil {
		r.stop()
		return nil, err
	}
	r.front, r.accs = []*process{p}, append(r.accs, p.pid)
	r.servers = []swarm.Server{{Addr: addr}}
	return r, nil
}

// with says what a rig of Chatter is made of.
type with struct {
	wsd   int  // processes; 0 = one
	nginx bool // in front of them
	httpd bool // instead of wsd
	// ping is how long a socket is silent before it is pinged; 0 = as wsd is shipped.
	ping time.Duration
}

// startChatter starts services on a Redis of their own, as they are shipped but for the
// flood limit.
func (l lab) startChatter(w with) (*rig, error) {
	if l.running != nil {
		return l.running.rig(), nil
	}
	r := &rig{}
	if err := l.build(r, w); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

func (l lab) build(r *rig, w with) (err error) {
	if err := l.makeRedis(r); err != nil {
		return err
	}
	secret := r.secret()
	if err := services.EnsureSecret(secret); err != nil {
		return err
	}
	cookie, err := cookieOf(secret, "Bench")
	if err != nil {
		return err
	}
	for range max(w.wsd, 1) {
		if err := l.startService(r, w, secret, cookie); err != nil {
			return err
		}
	}
	if w.nginx {
		if err := l.startNginx(r); err != nil {
			return err
		}
	}
	return l.await(r)
}

func (l lab) startService(r *rig, w with, secret, cookie string) error {
	service := "wsd"
	if w.httpd {
		service = "httpd"
	}
	socket, addr, err := r.listen()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(r.dir, service+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	r.keep = append(r.keep, log)
	args := []string{"--listen", "fd:3", "--redis", r.redisURL(),
		"--secret-file", secret, "--say-rate", "0", "--admin", "unix:" + r.admin(len(r.servers))}
	if w.ping > 0 {
		args = append(args, "--ping-interval", w.ping.String())
	}
	run := func() (*process, error) {
		cmd := exec.Command(filepath.Join(l.bin, service), args...)
		cmd.ExtraFiles = []*os.File{socket}
		cmd.Stderr = log
		return start(cmd)
	}
	if r.again == nil {
		r.again = run
	}
	p, err := run()
	if err != nil {
		return err
	}
	r.front = append(r.front, p)
	r.accs = append(r.accs, p.pid)
	r.servers = append(r.servers, swarm.Server{Addr: addr, Cookie: cookie, Protocol: wire.Subprotocol})
	return nil
}

func (r *rig) secret() string { return filepath.Join(r.dir, "secret") }

// redisURL is where the rig's Redis is.
func (r *rig) redisURL() string { return "unix://" + filepath.Join(r.dir, "redis.sock") }

// admin is the admin socket of server number i.
func (r *rig) admin(i int) string { return filepath.Join(r.dir, fmt.Sprintf("%d.admin.sock", i)) }

// makeRedis starts a Redis in a directory of the rig's own.
func (l lab) makeRedis(r *rig) (err error) {
	if r.dir, err = os.MkdirTemp("", "chatter"); err != nil {
		return err
	}
	return l.startRedis(r)
}

func (l lab) startRedis(r *rig) error {
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
	cmd := exec.Command("redis-server", file)
	cmd.Dir = data
	if r.redis, err = start(cmd); err != nil {
		return err
	}
	r.accs = append(r.accs, r.redis.pid)
	return nil
}

// startNginx puts nginx before the first server.
func (l lab) startNginx(r *rig) error {
	prefix := filepath.Join(r.dir, "nginx")
	port, err := freePort()
	if err != nil {
		return err
	}
	site := nginx.Site{
		Listen: port, HTTPD: r.servers[0].Addr, WSD: r.servers[0].Addr,
		SocketsPerAddress: 60_000, HandshakesPerSecond: 60_000,
	}
	if err := nginx.Write(prefix, nginx.Main{User: "root", Files: 60_000}, site); err != nil {
		return err
	}
	cmd := exec.Command("nginx", "-p", prefix, "-c", "nginx.conf", "-g", "daemon off;")
	cmd.Stderr = os.Stderr
	p, err := start(cmd)
	if err != nil {
		return err
	}
	r.front = append(r.front, p)
	r.servers[0].Addr = port
	if err := l.until(func() bool { return len(childrenOf(p.pid)) > 0 }); err != nil {
		return fmt.Errorf("nginx: %w", err)
	}
	r.accs = append(append(r.accs, p.pid), childrenOf(p.pid)...)
	return nil
}

// childrenOf are the processes that pid has started.
func childrenOf(pid int) (pids []int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

const startTimeout = 20 * time.Second

// await waits until every server is ready, Redis included.
func (l lab) await(r *rig) error {
	for i := range r.servers {
		socket := r.admin(i)
		admin := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}}}
		err := l.until(func() bool {
			resp, err := admin.Get("http://admin/readyz")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
		admin.CloseIdleConnections()
		if err != nil {
			log, _ := filepath.Glob(filepath.Join(r.dir, "*.log"))
			text := []byte(nil)
			if len(log) > 0 {
				text, _ = os.ReadFile(log[0])
			}
			return fmt.Errorf("server %d is not ready: %w\n%s", i, err, text)
		}
	}
	return nil
}

// until waits for what starts.
func (l lab) until(ready func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(startTimeout)
	for !ready() {
		select {
		case <-tick.C:
		case <-deadline:
			return swarm.ErrTimeout
		case <-l.ctx.Done():
			return l.ctx.Err()
		}
	}
	return nil
}

// cookieOf signs a guest in.
func cookieOf(secret, guest string) (string, error) {
	keys, err := session.LoadKeys(secret)
	if err != nil {
		return "", err
	}
	user, err := name.ParseUser(guest)
	if err != nil {
		return "", err
	}
	cookie := keys.Cookie(session.New(user), time.Now(), false)
	return cookie.Name + "=" + cookie.Value, nil
}
