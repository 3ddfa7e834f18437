package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// scriptCall is one call of a script with a message, word by word as wsd has sent it.
type scriptCall struct {
	source string
	keys   []string // the log's, and one for the nonce of each message
	args   []string // what all messages share, and one for the text of each
}

// trimArg is where the script is told after what time entries are trimmed.
const trimArg = 5

// overhear has a message said, in the first room, and returns how Redis is told to store
// it. It must be Redis's first: later ones do not tell it the script.
func (r *rig) overhear(say func() error) (call scriptCall, err error) {
	conn, err := r.dialRedis()
	if err != nil {
		return call, err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		return call, err
	}
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, 64<<10)
	if !lines.Scan() || lines.Text() != "+OK" {
		return call, fmt.Errorf("monitor: %q, %w", lines.Text(), lines.Err())
	}
	if err := say(); err != nil {
		return call, err
	}
	for lines.Scan() {
		if call, ok := parseCall(lines.Text()); ok {
			// The first message of a room in a minute has the log trimmed by age.
			call.args[trimArg] = ""
			return call, nil
		}
	}
	return call, fmt.Errorf("Redis was not told the script: %w", lines.Err())
}

// dialRedis connects to the rig's Redis. What is read must come soon.
func (r *rig) dialRedis() (net.Conn, error) {
	conn, err := net.Dial("unix", r.redisSocket())
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(time.Minute))
}

// parseCall reads a line of MONITOR, which quotes each word as Go does.
func parseCall(line string) (call scriptCall, ok bool) {
	_, rest, ok := strings.Cut(line, "] ")
	var words []string
	for ok && rest != "" {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return call, false
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return call, false
		}
		words = append(words, word)
		rest = strings.TrimPrefix(rest[len(quoted):], " ")
	}
	if len(words) < 5 || !strings.EqualFold(words[0], "eval") || words[2] != "2" {
		return call, false
	}
	return scriptCall{words[1], words[3:5], words[5:]}, true
}

// append appends one call, of the script that Redis knows as sha, that stores n messages
// in a room. Their numbers begin with first.
func (c scriptCall) append(dst []byte, sha string, room, first, n int) []byte {
	in := strings.NewReplacer("{room0}", "{room"+strconv.Itoa(room)+"}")
	shared, text := c.args[:len(c.args)-1], c.args[len(c.args)-1]
	dst = fmt.Appendf(dst, "*%d\r\n", 3+1+n+len(shared)+n)
	dst = appendWords(dst, "EVALSHA", sha, strconv.Itoa(1+n), in.Replace(c.keys[0]))
	nonce := in.Replace(c.keys[1])
	nonce = nonce[:len(nonce)-8] // its number
	for i := range n {
		dst = fmt.Appendf(dst, "$%d\r\n%s%08d\r\n", len(nonce)+8, nonce, first+i)
	}
	for _, word := range shared {
		dst = appendWords(dst, in.Replace(word))
	}
	for range n {
		dst = appendWords(dst, text)
	}
	return dst
}

// appendWords appends words of a command as Redis reads them (RESP).
func appendWords(dst []byte, words ...string) []byte {
	for _, word := range words {
		dst = strconv.AppendInt(append(dst, '$'), int64(len(word)), 10)
		dst = append(append(append(dst, "\r\n"...), word...), "\r\n"...)
	}
	return dst
}

// load has Redis learn the script, and returns the name that it gives it.
func (c scriptCall) load(conn net.Conn) (sha string, err error) {
	if _, err := conn.Write(appendWords([]byte("*3\r\n"), "SCRIPT", "LOAD", c.source)); err != nil {
		return "", err
	}
	var size int
	_, err = fmt.Fscanf(conn, "$%d\r\n%s\r\n", &size, &sha)
	return sha, err
}

const (
	// As wsd has it: so many messages in a pipeline, and so many pipelines under way.
	barePipeline, bareConns = 128, 2
	// A pipeline has the messages of as many rooms as the clients of wsd fill it with.
	bareCalls = barePipeline / storeFlying
)

// bareRate is what a Redis stores for somebody who does nothing else.
type bareRate struct {
	perSecond float64
	redis     float64 // µs of its processor a message
}

// bareRate has a Redis of its own run the script for so long.
func (l lab) bareRate(call scriptCall, whole time.Duration) (rate bareRate, err error) {
	r := l.newRig()
	defer r.stop()
	if err := l.makeRedis(r); err != nil {
		return rate, err
	}
	conns := make([]net.Conn, bareConns)
	for i := range conns {
		if err := l.until(func() bool { conns[i], err = r.dialRedis(); return err == nil }); err != nil {
			return rate, err
		}
		defer conns[i].Close()
	}
	sha, err := call.load(conns[0])
	if err != nil {
		return rate, fmt.Errorf("load script: %w", err)
	}
	before, err := r.cpu()
	if err != nil {
		return rate, err
	}
	begun := time.Now()
	stored, failed := make([]int, bareConns), make([]error, bareConns)
	var running sync.WaitGroup
	for i, conn := range conns {
		running.Go(func() {
			for failed[i] == nil && time.Since(begun) < whole && l.ctx.Err() == nil {
				failed[i] = call.storeBare(conn, sha, i, stored[i])
				stored[i] += barePipeline
			}
		})
	}
	running.Wait()
	took := time.Since(begun)
	after, err := r.cpu()
	if err := errors.Join(append(failed, err, l.ctx.Err())...); err != nil {
		return rate, err
	}
	n := 0
	for _, more := range stored {
		n += more
	}
	return bareRate{float64(n) / took.Seconds(), micros(after-before) / float64(n)}, nil
}

// storeBare has one pipeline stored, after so many messages of the same connection. Each
// connection has rooms of its own, as pipelines under way do in wsd.
func (c scriptCall) storeBare(conn net.Conn, sha string, number, stored int) error {
	const own, numbers = storeRooms / bareConns, 100_000_000 / bareConns
	var pipeline []byte
	for i := range bareCalls {
		call := stored/storeFlying + i
		pipeline = c.append(pipeline, sha, number*own+call%own, number*numbers+call*storeFlying, storeFlying)
	}
	if _, err := conn.Write(pipeline); err != nil {
		return err
	}
	// A number, and one word for each message, with its length before it.
	return readLines(conn, bareCalls*(2+2*storeFlying))
}

// readLines reads so many lines of answers (RESP). None of them may be an error.
func readLines(r io.Reader, lines int) error {
	buf := make([]byte, 64<<10)
	for begins := true; lines > 0; {
		n, err := r.Read(buf)
		if err != nil {
			return err
		}
		got := buf[:n]
		if begins && got[0] == '-' || bytes.Contains(got, []byte("\n-")) {
			return fmt.Errorf("redis answered %.200q", got)
		}
		begins = got[n-1] == '\n'
		lines -= bytes.Count(got, []byte("\n"))
	}
	return nil
}
