package daemon

import (
	"context"
	"errors"
	"os/signal"
)

// reload drains and runs the image's file, which was checked, in place of this
// process. It reports served when nothing was given up and serving goes on. It
// returns otherwise only if SIGTERM came meanwhile (nil), or nothing at all can
// be run.
func (p *process) reload(checked verdict) (served bool, err error) {
	given := handover{Path: p.image.path}
	defer given.close()
	if err := given.keep(p.sockets); err != nil {
		p.Logger.Error("reload refused, serving on", "error", err)
		return true, nil
	}
	p.Logger.Info("draining to reload")
	p.drain()
	p.deafen()
	if p.urgent > 0 {
		for _, socket := range p.sockets {
			socket.unlink()
		}
		p.Logger.Info("stopped during the reload")
		return false, nil
	}
	if !checked.stands(p.image.path) {
		checked = p.image.check(context.Background())
	}
	err = checked.err
	if err == nil {
		err = p.image.exec(&given)
	}
	// The file changed during the drain, for the worse. What was drained cannot
	// be undone, but the image in memory can begin anew.
	p.Logger.Error("reload failed, beginning anew with the old binary", "error", err)
	return false, errors.Join(err, image{path: runningImage}.exec(&given))
}

// deafen lets SIGTERM and SIGINT kill from here on, since the next image is not
// there yet to listen. Those that came before are counted.
func (p *process) deafen() {
	signal.Stop(p.endings) // nothing is on its way to the channel after this
	for {
		select {
		case <-p.endings:
			p.urgent++
		default:
			return
		}
	}
}
