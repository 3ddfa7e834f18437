package parts

import (
	"testing"

	"chatter/shared/daemon"
)

func TestValues_TellsEveryFlagAndNoPassword(t *testing.T) {
	c := new(Config)
	fs := c.Flags("httpd", "127.0.0.1:8000")
	if err := fs.Parse([]string{"--redis", "redis://ann:guess@a:1,b:2/3?sentinel_password=guess", "--retention", "36h"}); err != nil {
		t.Fatal(err)
	}
	got := Values(fs)
	if got["redis"] != "redis://a:1,b:2/3" || got["retention"] != "36h" || got["prefix"] != "chatter:" || len(got) != len(daemon.Table(fs)) {
		t.Errorf("got %v", got)
	}
}
