package inventory

import "time"

// Life is what a trace has of one object, for the sequence picture.
type Life struct {
	Root   ID      `json:"root"`
	Pool   string  `json:"pool"`
	Events []Event `json:"events"` // oldest first
}

// Event is one operation on a reference of an object.
type Event struct {
	When      time.Duration `json:"when_ns"` // of a clock of the process; only differences mean something
	ID        ID            `json:"id"`      // the reference that it was asked for
	Peer      ID            `json:"peer"`    // the reference that it made: a duplicate, a loan, a ticket
	Operation string        `json:"operation"`
	Error     string        `json:"error"` // "" = it succeeded
	Thread    int           `json:"thread"`
	Goroutine uint64        `json:"goroutine"` // 0: not of Go
	Place     string        `json:"place"`     // function and file:line, where it was noted
}
