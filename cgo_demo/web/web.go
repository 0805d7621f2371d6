// Package web serves the search over HTTP: /search, /reindex, /config, /ranking and /stats answer JSON, /
// is a page that uses them. It loads nothing from elsewhere.
package web

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.com/escrow/cgo_demo/service"
)

// maxLine is how many bytes of a line an answer shows.
const maxLine = 1000

//go:embed page.html
var page []byte

// Answer is what /search says.
type Answer struct {
	Query   string  `json:"query"`
	Regexp  bool    `json:"regexp"`
	Matches []Match `json:"matches"`
	More    bool    `json:"more"`    // there are matches beyond the limit
	Config  uint64  `json:"config"`  // version that the search obeyed
	Ranking uint64  `json:"ranking"` // version that it ranked by; 0: it is not ranked
	TookMS  float64 `json:"took_ms"`
}

// Match is one matching line. Bytes that are not UTF-8 show as U+FFFD.
type Match struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
	Cut  bool   `json:"cut,omitempty"` // Text is the line's first 1,000 bytes
}

// Handler answers for a service.
func Handler(s *service.Service) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; "+
			"style-src 'unsafe-inline'; connect-src 'self'; img-src data:")
		w.Write(page)
	})
	mux.HandleFunc("GET /search", func(w http.ResponseWriter, r *http.Request) { search(s, w, r) })
	mux.HandleFunc("GET /reindex", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, s.Progress())
	})
	// A page from elsewhere can make a browser send this, too; it would learn nothing, but keep us busy.
	own := http.NewCrossOriginProtection()
	changes := func(pattern string, change func(*service.Service, http.ResponseWriter, *http.Request)) {
		mux.Handle(pattern, own.Handler(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { change(s, w, r) })))
	}
	changes("POST /reindex", reindex)
	changes("PUT /config", setConfig)
	changes("PUT /ranking", setRanking)
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, r *http.Request) { getConfig(s, w, r) })
	mux.HandleFunc("GET /ranking", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, s.Ranking())
	})
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		stats, err := s.Stats()
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		answer(w, http.StatusOK, stats)
	})
	return mux
}

func search(s *service.Service, w http.ResponseWriter, r *http.Request) {
	query, err := parse(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	out := Answer{Query: query.Text, Regexp: query.Regexp, Matches: []Match{}}
	sum, err := s.Search(r.Context(), query, func(m service.Match) error {
		out.Matches = append(out.Matches, Match{m.Path, m.Line, string(m.Text), m.Cut})
		return nil
	})
	switch {
	case errors.Is(err, service.ErrQuery):
		fail(w, http.StatusBadRequest, err)
	case r.Context().Err() != nil: // nobody is there to answer
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		out.More, out.Config, out.Ranking = sum.More, sum.Config, sum.Ranking
		out.TookMS = sum.Took.Seconds() * 1e3
		answer(w, http.StatusOK, out)
	}
}

// reindex answers when the index is in step with the tree.
func reindex(s *service.Service, w http.ResponseWriter, r *http.Request) {
	values, err := parameters(r, "path", "all")
	var scope service.Scope
	if err == nil {
		scope.Path = values.Get("path")
		scope.All, err = isOn(values, "all")
	}
	if err == nil && values.Has("path") && scope.Path == "" {
		err = errors.New("path is empty: leave it out to reindex all")
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	done, err := s.Reindex(r.Context(), scope)
	switch {
	case errors.Is(err, service.ErrPath):
		fail(w, http.StatusBadRequest, err)
	case r.Context().Err() != nil: // nobody is there to answer
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		answer(w, http.StatusOK, done)
	}
}

// parameters refuses what it does not understand rather than do something else.
func parameters(r *http.Request, known ...string) (url.Values, error) {
	values := r.URL.Query()
	for name, all := range values {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("unknown parameter %q: there are %s", name, strings.Join(known, ", "))
		}
		if len(all) > 1 {
			return nil, fmt.Errorf("parameter %q is given %d times", name, len(all))
		}
	}
	return values, nil
}

func isOn(values url.Values, name string) (bool, error) {
	if !values.Has(name) {
		return false, nil
	}
	on, err := strconv.ParseBool(values.Get(name))
	if err != nil {
		return false, fmt.Errorf("%s %q is neither 1 nor 0", name, values.Get(name))
	}
	return on, nil
}

// parse reads a query.
func parse(r *http.Request) (service.Query, error) {
	values, err := parameters(r, "q", "limit", "regexp", "rank")
	if err != nil {
		return service.Query{}, err
	}
	q := service.Query{Text: values.Get("q"), Bounded: true, Line: maxLine}
	if values.Has("limit") { // the service knows how high it may be
		limit, err := strconv.Atoi(values.Get("limit"))
		if err != nil || limit < 1 {
			return q, fmt.Errorf("limit %q is not a number from 1 on", values.Get("limit"))
		}
		q.Limit = limit
	}
	if q.Regexp, err = isOn(values, "regexp"); err != nil {
		return q, err
	}
	q.Ranked, err = isOn(values, "rank")
	return q, err
}

func fail(w http.ResponseWriter, code int, err error) {
	answer(w, code, map[string]string{"error": err.Error()})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(body) // an error here is a client that has gone
}
