package escrow

import (
	"fmt"
	"os"
	"sync"

	"example.com/escrow/go/internal/cabi"
)

// notices tell Go what C and C++ do to cells: their swaps and proposals write to one pipe, made when the
// first cell opens, whose reading goroutine waits as for a network connection: no thread sleeps.
//
// A pipe that is full is being read, so whoever could not write is looked for all the same.
var notices noticeBoard

type noticeBoard struct {
	mutex sync.Mutex
	write int // what C writes to
	read  *os.File
	cells map[*cellCore]struct{}
}

// ready makes the pipe, once.
func (n *noticeBoard) ready() (err error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.read != nil {
		return nil
	}
	if n.read, n.write, err = newPipe(); err != nil {
		return fmt.Errorf("no pipe to be told of changes by: %w", err)
	}
	n.cells = map[*cellCore]struct{}{}
	go n.run()
	return nil
}

// add has the changes of a cell told from now on. The board is ready.
func (n *noticeBoard) add(c *cellCore) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if _, ok := n.cells[c]; ok {
		return
	}
	// Its first change may come at once, and finds it in the list.
	n.cells[c] = struct{}{}
	if s := cabi.CellNotify(c.id, n.write); s < 0 { // closed: nothing will happen to it
		delete(n.cells, c)
		return
	}
	// What happened before the descriptor was known.
	c.wake()
}

// remove ends that. The pipe stays for other cells.
func (n *noticeBoard) remove(c *cellCore) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if _, ok := n.cells[c]; ok {
		cabi.CellNotify(c.id, -1)
		delete(n.cells, c)
	}
}

// run tells every cell whenever one of them has changed; they know themselves whether it was they.
func (n *noticeBoard) run() {
	var told [4096]byte
	for {
		if _, err := n.read.Read(told[:]); err != nil {
			panic(fmt.Sprintf("escrow: the pipe that cells write to: %v", err))
		}
		n.mutex.Lock()
		for c := range n.cells {
			c.wake()
		}
		n.mutex.Unlock()
	}
}
