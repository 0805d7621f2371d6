// Package source keeps a cell up to date from a file, an HTTP endpoint or a Consul key: it asks again
// and again, hands over what is new, and says how old its knowledge is and what went wrong last.
//
// Both poll. A file system's notifications are lost on network file systems, tell nothing of a file that
// is replaced by a rename unless its folder is watched, and would need a dependency; a stat once a second costs
// some microseconds. Servers are asked with If-None-Match, and Consul holds the request until something changes.
package source

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/escrow/go/escrow"
)

// Swapper takes new content; *escrow.Cell is one. Swap publishes content under an ETag and returns the
// version it has become, or an error: one that wraps escrow.ErrRefused is about this content, which is
// not offered again; any other one is about the moment. content is the callee's to keep.
type Swapper interface {
	Swap(content []byte, etag string) (version uint64, err error)
}

// Options configures a source. The zero value asks once a second.
type Options struct {
	// Interval is the time between two checks; 0 is one second.
	Interval time.Duration
	// MaxInterval bounds the time between two checks while they fail: it doubles each time; 0 is one
	// minute, or Interval where that is longer.
	MaxInterval time.Duration
	// Timeout bounds one HTTP request and its answer; 0 is ten seconds.
	Timeout time.Duration
	// MaxBytes bounds the content; 0 is 16 MiB.
	MaxBytes int64
}

func (o Options) filled() (Options, error) {
	if o.Interval < 0 || o.MaxInterval < 0 || o.Timeout < 0 || o.MaxBytes < 0 {
		return o, errors.New("source: an option below zero")
	}
	if o.Interval == 0 {
		o.Interval = time.Second
	}
	if o.MaxInterval == 0 {
		o.MaxInterval = time.Minute
	}
	o.MaxInterval = max(o.MaxInterval, o.Interval)
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 16 << 20
	}
	return o, nil
}

// Status is what a source knows.
type Status struct {
	Version   uint64    // of what this source published last; 0: nothing yet
	ETag      string    // of what the source held when it was last asked, taken or not
	Began     time.Time // when Run began last; zero: it has not
	Since     time.Time // when the source was last asked with success; zero: never
	Err       error     // why the last check failed, or, wrapping escrow.ErrRefused, why what the source holds is not taken
	Failures  uint64    // checks that have failed since the last success
	Checks    uint64
	Published uint64 // contents that were taken
	Refused   uint64 // contents that were not
}

// Lag is how old the knowledge is: the time since Since, or since Began where no check has succeeded.
func (s *Status) Lag() time.Duration {
	if s.Since.IsZero() {
		return time.Since(s.Began)
	}
	return time.Since(s.Since)
}

// answer is what a check has found.
type answer struct {
	content []byte // nil: nothing that was not handed over before
	etag    string
	after   time.Duration // do not ask before that; 0: as usual
}

// checker asks a source once. It hands content over once, so what was refused is not offered again
// until the source has something else.
type checker interface {
	check(ctx context.Context) (answer, error)
	forget() // what was handed over last was not examined: hand it over again
	from() string
}

// poller is the part that all sources share.
type poller struct {
	options Options
	mutex   sync.Mutex
	status  Status // under mutex
	refused error  // what the source holds was refused, and why; under mutex
}

// Status says what the source knows. Any goroutine.
func (p *poller) Status() Status {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.status
}

// run asks until ctx ends, and returns why it ended.
func (p *poller) run(ctx context.Context, c checker, to Swapper) error {
	p.mutex.Lock()
	p.status.Began = time.Now()
	p.mutex.Unlock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
		timer.Reset(p.once(ctx, c, to))
	}
}

// once makes a check and says how long to wait for the next.
func (p *poller) once(ctx context.Context, c checker, to Swapper) time.Duration {
	found, err := c.check(ctx)
	if ctx.Err() != nil {
		return 0 // it says nothing of the source
	}
	version := uint64(0)
	var refused error
	if err == nil && found.content != nil {
		version, err = to.Swap(found.content, found.etag)
		switch {
		case errors.Is(err, escrow.ErrRefused):
			refused, err = fmt.Errorf("source: %s: content %s: %w", c.from(), found.etag, err), nil
		case err != nil:
			c.forget()
			err = fmt.Errorf("source: %s: %w", c.from(), err)
		}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	s := &p.status
	s.Checks++
	if err != nil {
		s.Err = err
		s.Failures++
		return max(p.pause(s.Failures), found.after)
	}
	s.Failures, s.Since, s.ETag = 0, time.Now(), found.etag
	switch {
	case refused != nil:
		s.Refused++
		p.refused = refused
	case found.content != nil:
		s.Version, p.refused = version, nil
		s.Published++
	}
	s.Err = p.refused
	return max(p.options.Interval, found.after)
}

// pause doubles from the interval on, with a quarter left to chance so that many processes do not ask
// a server that has come back at the same moment.
func (p *poller) pause(failures uint64) time.Duration {
	d := p.options.Interval
	for ; failures > 1 && d < p.options.MaxInterval; failures-- {
		d *= 2
	}
	d = min(d, p.options.MaxInterval)
	return d - time.Duration(rand.Int64N(int64(d)/4+1))
}
