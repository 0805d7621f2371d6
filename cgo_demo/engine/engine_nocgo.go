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

func (*Engine) Add(ticket escrow.Ticket, _ uint32) error {
	ticket.Close()
	return errNoCgo
}
func (*Engine) Seal() error                                            { return errNoCgo }
func (*Engine) Search(string, int, *Cursor, func([]Match) error) error { return errNoCgo }
func (*Engine) Candidates([]uint32, func(files []uint32) error) error  { return errNoCgo }
func (*Engine) Use(uint32, func(text []byte) error) error              { return errNoCgo }
func (*Engine) Stats() (Counts, error)                                 { return Counts{}, errNoCgo }
func (*Engine) Close() error                                           { return errNoCgo }
