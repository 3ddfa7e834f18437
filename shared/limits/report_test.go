package limits

import (
	"testing"
	"time"
)

func TestReport_NamesNobody(t *testing.T) {
	s := newSite(t)
	marks := map[uint16]bool{}
	for range 20 {
		s.processes[0].Say(say("198.51.100.1", "a", "room"), s.now)
		s.now = s.now.Add(time.Second)
		report, ok := s.processes[0].Report(s.now)
		if !ok || len(report.Rooms) != 1 {
			t.Fatalf("report %+v", report)
		}
		for id, r := range report.Rooms {
			if id != s.processes[1].roomID("room") {
				t.Error("another process has another ID of the room")
			}
			marks[r.Mark] = true
		}
	}
	if len(marks) < 18 {
		t.Errorf("%d different marks in 20 reports of one class: they can be linked", len(marks))
	}
	if _, ok := s.processes[0].Report(s.now); ok {
		t.Error("a report of nothing")
	}
}
