package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"chatter/shared/name"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/supervisor/bench/swarm"
	"chatter/supervisor/services"
)

// rig is a server under load, with what belongs to it.
type rig struct {
	ctx     context.Context
	checked *checked // what is seen of it counts here; nil for nowhere
	floor   bool
	rough   bool           // better quick than exact
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
	// programs are the paths of those that are started beside the services.
	programs map[string]string
	checked  *checked
	rough    bool // better quick than exact
}

func (l lab) newRig() *rig { return &rig{ctx: l.ctx, checked: l.checked, rough: l.rough} }

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
	return l.startFloorOn(l.newRig(), kind, n)
}

func (l lab) startFloorOn(r *rig, kind string, n int) (*rig, error) {
	r.floor = true
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
	r := l.newRig()
	if l.running != nil {
		l.running.take(r)
		return r, nil
	}
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

// admin is the admin socket of server number i.
func (r *rig) admin(i int) string { return filepath.Join(r.dir, fmt.Sprintf("%d.admin.sock", i)) }

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
