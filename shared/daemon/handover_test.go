package daemon

import (
	"encoding/json"
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
