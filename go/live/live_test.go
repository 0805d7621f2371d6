//go:build cgo

package live_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
	"example.com/escrow/go/live"
)

func TestTheMisuseHandlerServesRefusedCalls(t *testing.T) {
	p, err := escrow.Open(escrow.Options{Name: "misused pool"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.SetLedger(escrow.LedgerOptions{Rate: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Acquire(0); err == nil {
		t.Fatal("an object of no bytes")
	}
	raw := served(t, live.MisuseHandler(), live.MisuseName)
	for _, want := range []string{"misused pool", "acquire", escrow.ErrSize.Error(), "calls", "last", t.Name()} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("no %q in the profile", want)
		}
	}
}

// served is what a handler serves under a name, unpacked.
func served(t *testing.T, h http.Handler, name string) []byte {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/escrow/", nil))
	if answer.Code != 200 || !strings.Contains(answer.Header().Get("Content-Disposition"), name) {
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
	return raw
}

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
	raw := served(t, live.Handler(), live.Name)
	for _, want := range []string{"pool of the test", "a label", "objects", "bytes", "owner", t.Name()} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("no %q in the profile", want)
		}
	}
}
