package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// State is a part of a service that goes on in the next image of its process. Save is called
// after the drain, and Restore before the next image serves. An error is logged, and the
// reload goes on.
type State interface {
	Save() ([]byte, error)
	Restore([]byte) error
}

// maxStateBytes bounds what is read of a state.
const maxStateBytes = 16 << 20

// saveState returns a descriptor from which the next image reads the state, 0 for none.
// The file has no name: it ends with the process.
func (p *process) saveState() int {
	saved := make(map[string][]byte)
	for name, s := range p.States {
		state, err := s.Save()
		if err != nil {
			p.logLostState(fmt.Errorf("%s: %w", name, err))
			continue
		}
		saved[name] = state
	}
	text, err := json.Marshal(saved)
	if err != nil {
		p.logLostState(err)
		return 0
	}
	fd, err := memoryFile(text)
	if err != nil {
		p.logLostState(err)
	}
	return fd
}

func (p *process) logLostState(err error) {
	p.Logger.Error("state is lost in the reload", "error", err)
}

// restoreState reads the states from a descriptor, which it closes, and hands them to the
// service.
func (p *process) restoreState(fd int) {
	if fd == 0 {
		return
	}
	err := func() error {
		f := os.NewFile(uintptr(fd), "state")
		defer f.Close()
		text, err := io.ReadAll(io.NewSectionReader(f, 0, maxStateBytes))
		if err != nil {
			return err
		}
		var saved map[string][]byte
		if err := json.Unmarshal(text, &saved); err != nil {
			return err
		}
		var failed []error
		for name, s := range p.States {
			if state, ok := saved[name]; ok {
				failed = append(failed, s.Restore(state))
			}
		}
		return errors.Join(failed...)
	}()
	if err != nil {
		p.logLostState(err)
	}
}
