//go:build !cgo

package escrow_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/escrow/go/escrow"
)

func TestWithoutCgoEverythingSaysSo(t *testing.T) {
	p, err := escrow.Open(escrow.Options{})
	is(t, err, escrow.ErrNoCgo)
	if p != nil {
		t.Fatal("a pool without cgo")
	}
	if want := "escrow: open pool: built without cgo: this binary was built with CGO_ENABLED=0"; err.Error() != want {
		t.Fatalf("%q", err)
	}
	typed, err := escrow.OpenOf[int64](escrow.Options{})
	is(t, err, escrow.ErrNoCgo)
	_, err = typed.Acquire()
	is(t, err, escrow.ErrNull)
	_, err = escrow.OpenOf[string](escrow.Options{}) // the type is checked all the same
	is(t, err, escrow.ErrKind)
	slot, err := escrow.OpenCode(escrow.CodeOptions{Functions: 1})
	is(t, err, escrow.ErrNoCgo)
	if slot != nil {
		t.Fatal("a code slot without cgo")
	}
	if escrow.UnsafeTable() != nil {
		t.Fatal("a function table without cgo")
	}
	is(t, escrow.Guard{}.Close(), nil)
	is(t, escrow.NewScope().End(), nil)
	_, _, err = p.ReadAll(strings.NewReader("x"))
	if !errors.Is(err, escrow.ErrNull) {
		t.Fatal(err)
	}
	if now := escrow.ReadTotals(); now.Zombies != 0 || now.Leaked != 0 {
		t.Fatalf("%+v", now)
	}
}
