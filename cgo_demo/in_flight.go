package main

import (
	"net/http"
	"sync"
)

// inFlight counts requests, because http.Server.Close does not wait for its handlers.
type inFlight struct {
	mu     sync.Mutex
	active sync.WaitGroup
	closed bool // guarded by mu: no Add after wait has begun
}

func (f *inFlight) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		if f.closed {
			f.mu.Unlock()
			http.Error(w, "the service is closing", http.StatusServiceUnavailable)
			return
		}
		f.active.Add(1)
		f.mu.Unlock()
		defer f.active.Done()
		next.ServeHTTP(w, r)
	})
}

func (f *inFlight) wait() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.active.Wait()
}
