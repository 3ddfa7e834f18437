// Package attack has clients attack a site in many ways, and tells the results. The caller
// watches other guests meanwhile.
package attack

import (
	"context"

	"chatter/shared/name"
	"chatter/supervisor/lab/bench/swarm"
	"chatter/supervisor/run/stack"
)

// Attack is one way to attack.
type Attack struct {
	Name string
	run  method
}

// method attacks until ctx ends, and describes the result.
type method func(ctx context.Context, a *attacker) (achieved string)

// All are the attacks.
var All = []Attack{
	{"flood", flood(60, 1)},
	{"flood-many", flood(60, 60)},
	{"forms", forms},
	{"names", names},
	{"rooms", rooms},
	{"memory", fillMemory},
	{"hosts", hosts},
	{"headers", headers},
	{"bodies", bodies},
	{"pings", frames(swarm.AppendFrame(nil, true, swarm.OpPing, nil))},
	{"fragments", frames(swarm.AppendFrame(nil, false, swarm.OpContinuation, nil))},
	{"objects", frames(swarm.AppendFrame(nil, true, swarm.OpText, manyKeys()))},
	{"slow-readers", slowReaders},
	{"histories", pages("messages/?limit=100")},
	{"qr", pages("qr/")},
	{"reports", reports},
	{"moderation", moderation},
}

// Run attacks until ctx ends, and describes the result. Guests talk in the rooms. Each attack of
// a trial has another number, which determines its loopback addresses: 127.(100+number).0.0/16.
func (k Attack) Run(ctx context.Context, s *stack.Stack, rooms []name.Room, number int) (achieved string) {
	return k.run(ctx, &attacker{stack: s, rooms: rooms, number: number})
}
