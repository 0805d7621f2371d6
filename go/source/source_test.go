package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

// config is what the sources of these tests hold.
type config struct{ Limit int }

// store takes contents that are JSON.
type store struct {
	mutex    sync.Mutex
	version  uint64
	limit    int
	etag     string
	examined map[string]int // how often each content was offered
	broken   error          // what Swap answers at the moment
}

func newStore() *store { return &store{examined: map[string]int{}} }

func (s *store) Swap(content []byte, etag string) (uint64, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.examined[string(content)]++
	if s.broken != nil {
		return 0, s.broken
	}
	var c config
	if err := json.Unmarshal(content, &c); err != nil {
		return 0, fmt.Errorf("swap: %w: %w", escrow.ErrRefused, err)
	}
	s.version++
	s.limit, s.etag = c.Limit, etag
	return s.version, nil
}

func (s *store) get() (version uint64, limit int, etag string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.version, s.limit, s.etag
}

func (s *store) offered(content string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.examined[content]
}

func (s *store) breakWith(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.broken = err
}

type runner interface {
	Run(context.Context, Swapper) error
	Status() Status
}

// start runs a source until the test ends.
func start(t *testing.T, r runner, to Swapper) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("the test is over")
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, to) }()
	t.Cleanup(func() {
		cancel(over)
		if err := <-ended; !errors.Is(err, over) && !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// checks waits until the source has made so many checks more.
func checks(t *testing.T, r runner, more uint64) {
	t.Helper()
	goal := r.Status().Checks + more
	eventually(t, "checks", func() bool { return r.Status().Checks >= goal })
}

var quick = Options{Interval: 2 * time.Millisecond, MaxInterval: 8 * time.Millisecond, Timeout: 2 * time.Second}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{{Interval: -1}, {MaxInterval: -1}, {Timeout: -1}, {MaxBytes: -1}} {
		if _, err := OpenFile("x", o); err == nil {
			t.Errorf("%+v", o)
		}
	}
	for _, address := range []string{"", "file:///etc/passwd", "http://%zz", "localhost:80"} {
		if _, err := OpenHTTP(address, nil, Options{}); err == nil {
			t.Error(address)
		}
		if _, err := OpenConsulKV(address, nil, Options{}); err == nil {
			t.Error(address)
		}
	}
}

func TestThePauseDoublesUpToItsBound(t *testing.T) {
	p := poller{options: Options{Interval: time.Second, MaxInterval: 5 * time.Second}}
	for failures, most := range map[uint64]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second,
		4: 5 * time.Second, 1 << 40: 5 * time.Second} {
		for range 100 {
			if d := p.pause(failures); d > most || d < most-most/4 {
				t.Fatalf("after %d failures %v, at most %v", failures, d, most)
			}
		}
	}
}
