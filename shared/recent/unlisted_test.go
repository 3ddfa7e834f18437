package recent

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"chatter/shared/limits"
)

// Three classes that talk in unlisted rooms are not even a crowd.
func TestPresence_UnlistedRoomsLeaveNoTrace(t *testing.T) {
	var sent [2]string
	for i, names := range [][]string{{"tea"}, {"tea", "~tea", "~abcd-efgh", "∼secret"}} {
		synctest.Test(t, bubbled(func(b *bubble) {
			p := b.start()
			defer p.Close()
			p.own = nil // the same in both runs
			for class, s := range names {
				p.Used(room(b, s), limits.Class{byte(class)})
			}
			if saved, err := p.Save(); err != nil || strings.Contains(string(saved), "~") || strings.Contains(string(saved), "secret") {
				b.Errorf("a reload keeps %q, %v", saved, err)
			}
			pass()
			for _, cmd := range b.commands.take() {
				if name := cmd.Name(); name == "evalsha" || name == "publish" {
					sent[i] += fmt.Sprintln(cmd.Args()...)
				}
			}
			if lists, err := p.Read(b.Context()); err != nil || len(lists.Rooms) != 1 || lists.Rooms[0].Name != "tea" {
				b.Errorf("with %q the lists are %+v, %v", names, lists, err)
			}
		}))
	}
	if sent[0] != sent[1] || !strings.Contains(sent[0], "tea") {
		t.Errorf("without unlisted rooms Redis gets\n%s\nand with them\n%s", sent[0], sent[1])
	}
}
