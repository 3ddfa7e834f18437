package daemon

import (
	"io"
	"os"
)

// maxStateBytes bounds what is read of a state.
const maxStateBytes = 16 << 20

// saveState returns a descriptor from which the next image reads the state, 0 for none.
// The file has no name: it ends with the process.
func (p *process) saveState() int {
	if p.Save == nil {
		return 0
	}
	fd, err := func() (int, error) {
		state, err := p.Save()
		if err != nil {
			return 0, err
		}
		return memoryFile(state)
	}()
	if err != nil {
		p.Logger.Error("state is lost in the reload", "error", err)
	}
	return fd
}

// restoreState reads the state from a descriptor, which it closes, and hands it to the service.
func (p *process) restoreState(fd int) {
	if fd == 0 {
		return
	}
	err := func() error {
		f := os.NewFile(uintptr(fd), "state")
		defer f.Close()
		state, err := io.ReadAll(io.NewSectionReader(f, 0, maxStateBytes))
		if err != nil || p.Restore == nil {
			return err
		}
		return p.Restore(state)
	}()
	if err != nil {
		p.Logger.Error("state is lost in the reload", "error", err)
	}
}
