// Package web serves the search over HTTP: /search and /stats answer JSON, / is a page that uses
// both. It loads nothing from elsewhere.
package web

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"example.com/escrow/cgo_demo/service"
)

// Bounds of a request.
const (
	DefaultLimit = 100
	MaxLimit     = 100000
	maxLine      = 1000 // bytes of a line that an answer shows
)

//go:embed page.html
var page []byte

// Answer is what /search says.
type Answer struct {
	Query   string  `json:"query"`
	Regexp  bool    `json:"regexp"`
	Matches []Match `json:"matches"`
	More    bool    `json:"more"` // there are matches beyond the limit
	TookMS  float64 `json:"took_ms"`
}

// Match is one matching line. Bytes that are not UTF-8 show as U+FFFD.
type Match struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
	Cut  bool   `json:"cut,omitempty"` // Text is the line's first 1,000 bytes
}

// Handler answers for a service that is indexed.
func Handler(s *service.Service) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; "+
			"style-src 'unsafe-inline'; connect-src 'self'; img-src data:")
		w.Write(page)
	})
	mux.HandleFunc("GET /search", func(w http.ResponseWriter, r *http.Request) { search(s, w, r) })
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
		shown := m.Text[:min(len(m.Text), maxLine)]
		out.Matches = append(out.Matches, Match{m.Path, m.Line, string(shown), len(shown) < len(m.Text)})
		return nil
	})
	switch {
	case errors.Is(err, service.ErrQuery):
		fail(w, http.StatusBadRequest, err)
	case r.Context().Err() != nil: // nobody is there to answer
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		out.More = sum.More
		out.TookMS = sum.Took.Seconds() * 1e3
		answer(w, http.StatusOK, out)
	}
}

// parse refuses what it does not understand rather than search for something else.
func parse(r *http.Request) (service.Query, error) {
	values := r.URL.Query()
	for name, all := range values {
		switch name {
		case "q", "limit", "regexp":
		default:
			return service.Query{}, fmt.Errorf("unknown parameter %q: there are q, limit and regexp", name)
		}
		if len(all) > 1 {
			return service.Query{}, fmt.Errorf("parameter %q is given %d times", name, len(all))
		}
	}
	q := service.Query{Text: values.Get("q"), Limit: DefaultLimit}
	if values.Has("limit") {
		limit, err := strconv.Atoi(values.Get("limit"))
		if err != nil || limit < 1 || limit > MaxLimit {
			return q, fmt.Errorf("limit %q is not a number from 1 to %d", values.Get("limit"), MaxLimit)
		}
		q.Limit = limit
	}
	if values.Has("regexp") {
		on, err := strconv.ParseBool(values.Get("regexp"))
		if err != nil {
			return q, fmt.Errorf("regexp %q is neither 1 nor 0", values.Get("regexp"))
		}
		q.Regexp = on
	}
	return q, nil
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
