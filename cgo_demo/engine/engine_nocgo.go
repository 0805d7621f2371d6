//go:build !cgo

package engine

import (
	"fmt"

	"example.com/escrow/go/escrow"
)

// Engine cannot be opened without cgo.
type Engine struct{}

var errNoCgo = fmt.Errorf("engine: open: %w", escrow.ErrNoCgo)

func Open(Options) (*Engine, error) { return nil, errNoCgo }

func (*Engine) Visit(File) (State, error) { return Unknown, errNoCgo }
func (*Engine) Put(ticket escrow.Ticket, _ File) error {
	ticket.Close()
	return errNoCgo
}
func (*Engine) Remove(string) (bool, error)         { return false, errNoCgo }
func (*Engine) RemoveUnseen(string, uint64) error   { return errNoCgo }
func (*Engine) Commit() (Changes, error)            { return Changes{}, errNoCgo }
func (*Engine) FindText(string) (*Search, error)    { return nil, errNoCgo }
func (*Engine) FindFiles([]uint32) (*Search, error) { return nil, errNoCgo }
func (*Engine) Stats() (Counts, error)              { return Counts{}, errNoCgo }
func (*Engine) Close() error                        { return errNoCgo }

// Search cannot be had without cgo.
type Search struct{}

func (*Search) Settings() (*Settings, uint64)           { return nil, 0 }
func (*Search) score(int, int) (float64, uint64, error) { return 0, 0, errNoCgo }
func (*Search) Done() bool                              { return true }
func (*Search) Next(int, func(Found) error) error       { return errNoCgo }
func (*Search) Close()                                  {}
