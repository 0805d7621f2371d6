package service

import (
	"sync"

	"example.com/escrow/go/escrow"
)

// Plant is a mistake that a service makes on purpose, for docs/leaks.md to find.
type Plant string

// The mistakes.
const (
	PlantNothing Plant = ""
	PlantGo      Plant = "go"     // history.remember
	PlantEngine  Plant = "engine" // planted::checkpoint of the engine
)

// history is what PlantGo adds: each search leaves its query in pool memory, for a list of recent searches
// that nobody shows, and nothing ever takes one out.
type history struct {
	mu      sync.Mutex
	queries []escrow.Guard // guarded by mu
}

func (h *history) remember(pool *escrow.Pool, text string) error {
	query, err := pool.Acquire(len(text))
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queries = append(h.queries, query) // planted: for ever
	_, err = query.WriteAt([]byte(text), 0)
	return err
}

// recent is of all services, and so reachable to the end.
var recent history
