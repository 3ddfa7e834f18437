package live

import (
	"testing"

	"chatter/shared/wire"
)

func TestRun_KeepsSoManyFramesHoweverShort(t *testing.T) {
	r := run{limit: RunBytes}
	for i := range 10 * runFrames {
		r.add([]wire.Entry{{ID: wire.ID{Ms: uint64(i + 1)}, Text: "x"}})
		if len(r.marks) > runFrames || i >= runFrames && len(r.marks) < runFrames/2 {
			t.Fatalf("after %d frames the run keeps %d, want %d to %d", i+1, len(r.marks), runFrames/2, runFrames)
		}
	}
	if got, want := r.last().Ms, uint64(10*runFrames); got != want {
		t.Errorf("the newest frame is %d, want %d", got, want)
	}
	first := r.marks[0].id
	if offset, ok, _ := r.find(first); !ok || offset != r.startOf(1) {
		t.Errorf("frame %v is found at %d (%v), want %d", first, offset, ok, r.startOf(1))
	}
}
