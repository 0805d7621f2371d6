package report

import (
	"fmt"
	"net/http"
	"path"
	"time"

	"example.com/escrow/go/inventory"
	"example.com/escrow/go/live"
)

// every is how often the page refreshes.
const every = 2 * time.Second

// Handler serves who holds what, to be mounted with a slash at the end:
//
//	http.Handle("/debug/escrow/", report.Handler())
//
//	/debug/escrow/               the page, which refreshes every two seconds
//	/debug/escrow/?format=json   the snapshot, for escrow report and inventory.Read
//	/debug/escrow/?format=text   the snapshot, for a terminal
//	/debug/escrow/live           the profile escrow_live, for go tool pprof
//
// Its requests are the rounds by which suspects are found: an open page finds them. Whoever may reach it
// sees names, stacks and sizes: mount it where net/http/pprof may be mounted.
func Handler() http.Handler { return new(Monitor).Handler() }

// Handler serves the monitor's snapshots as the function Handler does.
func (m *Monitor) Handler() http.Handler {
	profile := live.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		if path.Base(r.URL.Path) == "live" {
			profile.ServeHTTP(w, r)
			return
		}
		// A write that fails means that the client went away.
		switch format := r.URL.Query().Get("format"); format {
		case "", "html":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", inventory.PagePolicy+"; frame-ancestors 'none'")
			w.Header().Set("Referrer-Policy", "no-referrer")
			_ = m.Snapshot().WriteLivePage(w, every)
		case "json":
			w.Header().Set("Content-Type", "application/json")
			_ = m.Snapshot().WriteJSON(w)
		case "text":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_ = m.Snapshot().WriteText(w)
		default:
			http.Error(w, fmt.Sprintf("there is no format %q: html, json or text", format), http.StatusBadRequest)
		}
	})
}
