package nonblock_test

import "testing"

// A silent connection is one of which nothing is to be heard, an end neither.
func TestConn_SilentHearsBytesAndTheEnd(t *testing.T) {
	near, far := ends(t, "unix")
	if !near.Silent() {
		t.Error("not silent before anything was sent")
	}
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if near.Silent() {
		t.Error("silent with a byte to read")
	}
	if _, err := near.Read(make([]byte, 10)); err != nil || !near.Silent() {
		t.Error("not silent after the byte was read:", err)
	}
	far.Close()
	if near.Silent() {
		t.Error("silent at the end")
	}
	near.Close()
	if near.Silent() {
		t.Error("silent when closed")
	}
}
