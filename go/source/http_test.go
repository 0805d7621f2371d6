package source

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
)

// endpoint is a server whose manners a test changes.
type endpoint struct {
	*httptest.Server
	mutex    sync.Mutex
	handler  http.HandlerFunc
	requests int
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mutex.Lock()
		e.requests++
		h := e.handler
		e.mutex.Unlock()
		h(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) be(h http.HandlerFunc) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.handler, e.requests = h, 0
}

func (e *endpoint) asked() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.requests
}

// polite serves content under an ETag, and 304 to who has it.
func polite(etag, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(content))
	}
}

func openHTTP(t *testing.T, e *endpoint, o Options) (*HTTP, *store) {
	t.Helper()
	h, err := OpenHTTP(e.URL, e.Client(), o)
	if err != nil {
		t.Fatal(err)
	}
	s := newStore()
	start(t, h, s)
	return h, s
}

func hasLimit(s *store, want int) func() bool {
	return func() bool { _, limit, _ := s.get(); return limit == want }
}

func TestAnEndpointIsFollowed(t *testing.T) {
	e := newEndpoint(t)
	e.be(polite(`"a"`, `{"Limit": 1}`))
	h, s := openHTTP(t, e, quick)
	eventually(t, "1", hasLimit(s, 1))
	checks(t, h, 3)
	if version, _, etag := s.get(); version != 1 || etag != `"a"` || s.offered(`{"Limit": 1}`) != 1 {
		t.Fatal(version, etag)
	}
	// Another ETag with equal content is no new version, but is what the server is asked with from then on.
	e.be(polite(`"b"`, `{"Limit": 1}`))
	eventually(t, "b", func() bool { return h.Status().ETag == `"b"` })
	if version, _, _ := s.get(); version != 1 {
		t.Fatal("equal content was published again")
	}
	e.be(polite(`W/"c"`, `{"Limit": 2}`))
	eventually(t, "2", hasLimit(s, 2))
	// A server that has no ETags: what it sends is compared.
	e.be(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"Limit": 3}`)) })
	eventually(t, "3", hasLimit(s, 3))
	checks(t, h, 3)
	if version, _, etag := s.get(); version != 3 || etag != tagOf([]byte(`{"Limit": 3}`)) {
		t.Fatal(version, etag)
	}
	// One that sends another content under the ETag that it had: 304 is what counts, content is what is read.
	e.be(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", tagOf([]byte(`{"Limit": 3}`)))
		_, _ = w.Write([]byte(`{"Limit": 4}`))
	})
	eventually(t, "4", hasLimit(s, 4))
}

func TestAnEndpointThatMisbehavesChangesNothing(t *testing.T) {
	e := newEndpoint(t)
	e.be(polite(`"a"`, `{"Limit": 1}`))
	o := quick
	o.Timeout = 50 * time.Millisecond
	o.MaxBytes = 1000
	h, s := openHTTP(t, e, o)
	eventually(t, "1", hasLimit(s, 1))
	for _, way := range []struct {
		name, says string
		handler    http.HandlerFunc
	}{
		{"500", "500", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"Limit": 9}`, 500) }},
		{"404", "404", http.NotFound},
		{"slow", "no whole answer within", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"slow body", "no whole answer within", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"Limit": 9`))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}},
		{"cut short", "unexpected EOF", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"Limit": 9}`))
		}},
		{"connection lost", "EOF", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"too long", "more than 1000 bytes", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"Limit": 9}` + strings.Repeat(" ", 1000)))
		}},
		{"a 304 is no answer to 304", "", polite(`"a"`, `{"Limit": 1}`)},
		{"not modified without an ETag", "", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }},
	} {
		e.be(way.handler)
		checks(t, h, 1) // the one under way
		checks(t, h, 2)
		st := h.Status()
		if way.says == "" {
			if st.Err != nil || st.Failures != 0 {
				t.Errorf("%s: %+v", way.name, st)
			}
		} else if st.Err == nil || !strings.Contains(st.Err.Error(), way.says) || st.Failures < 2 {
			t.Errorf("%s: %d failures, %v", way.name, st.Failures, st.Err)
		}
		if version, limit, _ := s.get(); version != 1 || limit != 1 {
			t.Fatalf("%s: version %d, limit %d", way.name, version, limit)
		}
	}
}

func TestContentThatIsRefusedIsOfferedOnce(t *testing.T) {
	e := newEndpoint(t)
	e.be(polite(`"a"`, `{"Limit": 1}`))
	h, s := openHTTP(t, e, quick)
	eventually(t, "1", hasLimit(s, 1))
	const bad = `{"Limit": 2` // whole by the server's count
	e.be(polite(`"bad"`, bad))
	eventually(t, "refused", func() bool { return h.Status().Refused == 1 })
	checks(t, h, 5)
	if st := h.Status(); s.offered(bad) != 1 || !errors.Is(st.Err, escrow.ErrRefused) || st.Failures != 0 {
		t.Fatalf("offered %d times: %+v", s.offered(bad), st)
	}
	e.be(polite(`"good"`, `{"Limit": 2}`))
	eventually(t, "2", func() bool { return hasLimit(s, 2)() && h.Status().Err == nil })
}

func TestRetryAfterIsHeeded(t *testing.T) {
	e := newEndpoint(t)
	e.be(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "later", http.StatusServiceUnavailable)
	})
	h, _ := openHTTP(t, e, quick)
	eventually(t, "asked", func() bool { return h.Status().Failures == 1 })
	time.Sleep(20 * quick.MaxInterval)
	if n := e.asked(); n != 1 {
		t.Fatalf("asked %d times", n)
	}
}

// consul answers as Consul does for one key, and holds a blocking query until the key changes.
type consul struct {
	mutex   sync.Mutex
	value   string
	index   uint64
	changed chan struct{}
	waited  int // queries that were held
}

func (c *consul) set(value string, index uint64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.value, c.index = value, index
	if c.changed != nil {
		close(c.changed)
	}
	c.changed = make(chan struct{})
}

func (c *consul) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mutex.Lock()
	changed := c.changed
	known, _ := strconv.ParseUint(r.URL.Query().Get("index"), 10, 64)
	wait, _ := time.ParseDuration(r.URL.Query().Get("wait"))
	if known != 0 && known == c.index {
		c.waited++
		c.mutex.Unlock()
		select {
		case <-changed:
		case <-time.After(wait):
		case <-r.Context().Done():
			return
		}
		c.mutex.Lock()
	}
	value, index := c.value, c.index
	c.mutex.Unlock()
	w.Header().Set("X-Consul-Index", strconv.FormatUint(index, 10))
	_, _ = fmt.Fprintf(w, `[{"LockIndex":0,"Key":"limits","Flags":0,"Value":"%s","CreateIndex":3,"ModifyIndex":%d}]`,
		base64.StdEncoding.EncodeToString([]byte(value)), index)
}

func TestAConsulKeyIsFollowed(t *testing.T) {
	e := newEndpoint(t)
	key := &consul{}
	key.set(`{"Limit": 1}`, 7)
	e.be(key.ServeHTTP)
	c, err := OpenConsulKV(e.URL+"/v1/kv/limits?dc=one", e.Client(), quick)
	if err != nil {
		t.Fatal(err)
	}
	s := newStore()
	start(t, c, s)
	eventually(t, "1", hasLimit(s, 1))
	if _, _, etag := s.get(); etag != `"7"` {
		t.Fatal(etag)
	}
	eventually(t, "a query is held", func() bool { key.mutex.Lock(); defer key.mutex.Unlock(); return key.waited > 0 })
	key.set(`{"Limit": 2}`, 9)
	eventually(t, "2", hasLimit(s, 2))
	// The server's index goes back when it is restored from a snapshot: nothing is missed.
	key.set(`{"Limit": 3}`, 4)
	eventually(t, "3", hasLimit(s, 3))
	checks(t, c, 1)
	key.set(`{"Limit": 4}`, 5)
	eventually(t, "4", hasLimit(s, 4))

	for name, body := range map[string]string{"no key": "[]", "two keys": `[{"Value":""},{"Value":""}]`, "no JSON": "<html>"} {
		e.be(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
		key.set(`{"Limit": 4}`, 6) // lets go of the query that is held
		eventually(t, name, func() bool { return c.Status().Err != nil })
		e.be(key.ServeHTTP)
		eventually(t, "well again", func() bool { return c.Status().Err == nil })
	}
	if version, limit, _ := s.get(); version != 4 || limit != 4 {
		t.Fatal(version, limit)
	}
	// null is how Consul shows a key without a value.
	e.be(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"Value":null,"ModifyIndex":10}]`))
	})
	key.set("", 10)
	eventually(t, "refused", func() bool { return errors.Is(c.Status().Err, escrow.ErrRefused) && s.offered("") == 1 })
}
