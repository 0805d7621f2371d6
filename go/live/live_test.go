//go:build cgo

package live_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/live"
)

func TestTheHandlerServesAProfileThatHasThePoolsName(t *testing.T) {
	p, err := escrow.Open(escrow.Options{Name: "pool of the test"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	g, err := p.Labeled("a label").Acquire(1234)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	answer := httptest.NewRecorder()
	live.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/debug/escrow/live", nil))
	if answer.Code != 200 || !strings.Contains(answer.Header().Get("Content-Disposition"), live.Name) {
		t.Fatal(answer.Code, answer.Header())
	}
	z, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pool of the test", "a label", "objects", "bytes", "owner", t.Name()} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("no %q in the profile", want)
		}
	}
}
