//go:build race

package escrow

// vacate makes a closed entry ready for its next use; see vacate.go.
func (e *entry) vacate() { e.handle.Store(vacant) }
