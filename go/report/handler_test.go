//go:build cgo

package report_test

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/inventory"
	"example.com/escrow/go/report"
)

func TestTheHandlerServesEveryForm(t *testing.T) {
	p := open(t, escrow.Options{Name: "<b>served"})
	g := acquireHere(t, p, 1234)
	defer g.Close()
	mux := http.NewServeMux()
	mux.Handle("/debug/escrow/", report.Handler())
	get := func(method, path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(method, path, nil))
		return answer
	}
	for path, want := range map[string][2]string{
		"/debug/escrow/":             {"text/html; charset=utf-8", `data-every="2000"`},
		"/debug/escrow/?format=html": {"text/html; charset=utf-8", `data-every="2000"`},
		"/debug/escrow/?format=text": {"text/plain; charset=utf-8", "acquireHere"},
	} {
		answer := get("GET", path)
		if answer.Code != 200 || answer.Header().Get("Content-Type") != want[0] || !strings.Contains(answer.Body.String(), want[1]) {
			t.Errorf("%s: %d %v", path, answer.Code, answer.Header())
		}
		if answer.Header().Get("Cache-Control") != "no-store" || answer.Header().Get("X-Content-Type-Options") != "nosniff" ||
			answer.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, answer.Header())
		}
	}
	if policy := get("GET", "/debug/escrow/").Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Error(policy)
	}
	s, err := inventory.Read(get("GET", "/debug/escrow/?format=json").Body)
	if err != nil {
		t.Fatal(err)
	}
	if site := siteOf(s, "<b>served", ".acquireHere"); site == nil || site.Bytes != 1234 {
		t.Errorf("%+v", site)
	}
	if strings.Contains(get("GET", "/debug/escrow/").Body.String(), "<b>served") {
		t.Error("the pool's name is markup")
	}
	if _, err := gzip.NewReader(get("GET", "/debug/escrow/live").Body); err != nil {
		t.Error("the profile: ", err)
	}
	if answer := get("GET", "/debug/escrow/?format=xml"); answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), "json") {
		t.Error(answer.Code, answer.Body)
	}
	if answer := get("POST", "/debug/escrow/"); answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") == "" {
		t.Error(answer.Code)
	}
	if answer := get("HEAD", "/debug/escrow/"); answer.Code != 200 {
		t.Error(answer.Code)
	}
}
