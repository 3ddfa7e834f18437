package live

import (
	"testing"

	"chatter/shared/wire"
)

func TestTail_KeepsSoManyFramesHoweverShort(t *testing.T) {
	r := tail{limit: maxTailBytes}
	for i := range 10 * maxTailFrames {
		r.add([]wire.Entry{{ID: wire.ID{Ms: uint64(i + 1)}, Text: "x"}})
		if len(r.marks) > maxTailFrames || i >= maxTailFrames && len(r.marks) < maxTailFrames/2 {
			t.Fatalf("after %d frames the tail keeps %d, want %d to %d", i+1, len(r.marks), maxTailFrames/2, maxTailFrames)
		}
	}
	if got, want := r.last().Ms, uint64(10*maxTailFrames); got != want {
		t.Errorf("the newest frame is %d, want %d", got, want)
	}
	first := r.marks[0].id
	if offset, ok, _ := r.find(first); !ok || offset != r.startOf(1) {
		t.Errorf("frame %v is found at %d (%v), want %d", first, offset, ok, r.startOf(1))
	}
}
