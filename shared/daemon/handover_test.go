package daemon

import (
	"encoding/json"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A reload may be an upgrade: the next image reads the names in JSON that this one writes.
func TestHandover_NamesDoNotChange(t *testing.T) {
	const text = `{"PID":1,"Path":"/usr/bin/wsd","Sockets":{"public":{"Spec":"unix:/s","FD":5}},"State":7}`
	var got handover
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := handover{PID: 1, Path: "/usr/bin/wsd", Sockets: map[string]handedSocket{"public": {"unix:/s", 5}}, States: 7}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if again, err := json.Marshal(want); err != nil || string(again) != text {
		t.Errorf("written as %s, %v; want %s", again, err, text)
	}
}

// The settings file may have a new address, which may comprise the one before.
func TestHandover_OpensAnAddressThatComprisesTheOneBefore(t *testing.T) {
	var err error
	// A connection from another address of this machine may have the same port.
	for range 20 {
		if err = openWider(t); !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// openWider hands a socket of one address over to one that listens on all of them.
func openWider(t *testing.T) error {
	before, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := socket{role: "public", ln: before.(listener)}
	fd, err := s.dup()
	if err != nil {
		t.Fatal(err)
	}
	spec := before.Addr().String()
	before.Close()
	h := handover{Sockets: map[string]handedSocket{"public": {spec, fd}}}
	defer h.close()
	opened, err := h.open("public", strings.Replace(spec, "127.0.0.1", "0.0.0.0", 1))
	if err != nil {
		return err
	}
	return opened.ln.Close()
}
