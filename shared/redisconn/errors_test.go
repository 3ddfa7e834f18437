package redisconn_test

import (
	"errors"
	"strings"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/redis/go-redis/v9"
)

// Redis's answers may repeat the keys and the texts of a command.
func TestUnavailable_ErrorsDoNotRepeatTheCommand(t *testing.T) {
	server := redistest.Start(t, "--rename-command", "XADD", "")
	c := server.Client()
	defer c.Close()
	ctx := t.Context()
	for name, err := range map[string]error{
		"unknown command": c.Universal().XAdd(ctx, &redis.XAddArgs{Stream: "secret", Values: []string{"m", "secret"}}).Err(),
		"in a script":     c.Universal().Eval(ctx, "return redis.call('XADD', KEYS[1], '*', 'm', 'secret')", []string{"secret"}).Err(),
		"by a script":     c.Universal().Eval(ctx, "return redis.error_reply('secret ' .. KEYS[1])", []string{"secret"}).Err(),
	} {
		err = redisconn.Unavailable("append", err)
		if !errors.Is(err, redisconn.ErrUnavailable) || !redisconn.Refused(err) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
