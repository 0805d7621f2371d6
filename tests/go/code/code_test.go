//go:build linux

// Package code_test swaps shared libraries under running calls, from Go.
package code_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/escrow/go/escrow"
	"example.com/escrow/tests/go/code"
)

const (
	number = iota // functions of tests/code/table.h
	add
	sum
	wait
)

var libraries string // folder

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "escrow-code-")
	if err != nil {
		panic(err)
	}
	libraries = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// library compiles one of tests/code, once.
func library(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(libraries, name+".so")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	root := filepath.Join("..", "..", "..")
	out, err := exec.Command(cc, "-std=c11", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-I", filepath.Join(root, "include"),
		filepath.Join(root, "tests", "code", name+".c"), "-o", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func open(t testing.TB, history int) *escrow.CodeSlot {
	t.Helper()
	slot, err := escrow.OpenCode(escrow.CodeOptions{Functions: code.Functions, ABI: 3, History: history})
	if err != nil {
		t.Fatal(err)
	}
	return slot
}

func swap(t testing.TB, slot *escrow.CodeSlot, name string) uint64 {
	t.Helper()
	version, err := slot.Swap(library(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func is(t testing.TB, err, want error, text string) {
	t.Helper()
	if !errors.Is(err, want) || (err != nil && !strings.Contains(err.Error(), text)) {
		t.Errorf("%v is not %v with %q", err, want, text)
	}
}

func equal[T comparable](t testing.TB, got T, err error, want T) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%v %v, not %v", got, err, want)
	}
}

// mapped is how many libraries of code slots are in the process.
func mapped(t testing.TB) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	inodes := map[string]bool{}
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "memfd:escrow-code") {
			inodes[strings.Fields(line)[4]] = true
		}
	}
	return len(inodes)
}

func TestCallsGoToTheLibraryThatWasSwappedInLast(t *testing.T) {
	slot := open(t, 0)
	_, err := slot.Words(number)
	is(t, err, escrow.ErrAbsent, "escrow: call code: no such version")
	equal(t, swap(t, slot, "good_1"), nil, 1)
	n, err := slot.Words(number)
	equal(t, n, err, 1)
	n, err = slot.Words(add, 20, 21)
	equal(t, n, err, 42)
	n, err = slot.Bytes(sum, []byte{1, 2, 3})
	equal(t, n, err, 7)
	n, err = slot.Bytes(sum, nil)
	equal(t, n, err, 1)
	equal(t, swap(t, slot, "good_2"), nil, 2)
	n, err = slot.Words(add, 20, 20)
	equal(t, n, err, 42)

	call, err := slot.Enter()
	if err != nil {
		t.Fatal(err)
	}
	version, err := slot.UnsafeSwap(code.Table())
	equal(t, version, err, 3)
	equal(t, call.Version(), nil, 2)
	n, err = call.Words(number)
	equal(t, n, err, 2)
	n, err = call.Bytes(sum, []byte{4})
	equal(t, n, err, 6)
	equal(t, code.Add(call.Unsafe(add), 1, 2), nil, 5)
	n, err = slot.Words(number)
	equal(t, n, err, 7)
	call.Leave()
	call.Leave()
	_, err = call.Words(number)
	is(t, err, escrow.ErrStale, "call code")
	_, err = call.Bytes(sum, nil)
	is(t, err, escrow.ErrStale, "call code")

	version, err = slot.RollBack(1)
	equal(t, version, err, 4)
	n, err = slot.Words(number)
	equal(t, n, err, 1)
	_, err = slot.RollBack(9)
	is(t, err, escrow.ErrAbsent, "roll back code to version 9")
	_, err = slot.SwapIf(library(t, "good_2"), 3)
	is(t, err, escrow.ErrDiffers, "")
	version, err = slot.SwapIf(library(t, "good_2"), 4)
	equal(t, version, err, 5)
	versions := slot.Versions()
	equal(t, len(versions), nil, 5)
	if versions[2] != (escrow.CodeVersion{Version: 3}) || versions[4] != (escrow.CodeVersion{Version: 5, Library: true}) {
		t.Errorf("%+v", versions)
	}
	s := slot.Stats()
	if s.Current != 5 || s.Swapped != 4 || s.RolledBack != 1 || s.Differed != 1 || s.Inside != 0 || s.Libraries != 3 {
		t.Errorf("%+v", s)
	}
	equal(t, slot.Collect(), nil, 0)
	if slot.UnsafeID() == 0 {
		t.Error("no handle")
	}

	is(t, slot.Close(), nil, "")
	is(t, slot.Close(), escrow.ErrClosed, "close code slot: code slot closed")
	_, err = slot.Words(number)
	is(t, err, escrow.ErrClosed, "")
	_, err = slot.Enter()
	is(t, err, escrow.ErrClosed, "")
	_, err = slot.Swap(library(t, "good_1"))
	is(t, err, escrow.ErrClosed, "")
	equal(t, len(slot.Versions()), nil, 0)
	equal(t, mapped(t), nil, 0)
}

func TestABadLibraryIsRefusedWithItsReason(t *testing.T) {
	slot := open(t, 0)
	swap(t, slot, "good_1")
	for name, want := range map[string]struct {
		err  error
		text string
	}{
		"unique":       {escrow.ErrRefused, "code refused: its symbol shared_by_all is unique"},
		"thread_local": {escrow.ErrRefused, "thread_local objects"},
		"nameless":     {escrow.ErrRefused, "does not export the function escrow_code_table"},
		"wrong_abi":    {escrow.ErrVersion, "library and slot differ: its ABI version is 4, not 3"},
		"failing":      {escrow.ErrRefused, "two and two are five"},
		"hole":         {escrow.ErrRefused, "function 4 of the table is NULL"},
	} {
		_, err := slot.Swap(library(t, name))
		is(t, err, want.err, want.text)
		if s := slot.Stats(); s.Current != 1 || !strings.Contains(err.Error(), s.Reason) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	_, err := slot.Swap("/nowhere.so")
	is(t, err, escrow.ErrAbsent, "swap code to /nowhere.so: no such version: the file cannot be opened")
	_, err = slot.UnsafeSwap(code.Table()[1:])
	is(t, err, escrow.ErrSize, "4 functions, not 5")
	holed := code.Table()
	holed[0] = nil
	_, err = slot.UnsafeSwap(holed)
	is(t, err, escrow.ErrRefused, "function 0 of the table is NULL")
	equal(t, slot.Stats().Refused, nil, 8)
	is(t, slot.Close(), nil, "")
	named, err := escrow.OpenCode(escrow.CodeOptions{Functions: code.Functions, ABI: 3, Symbol: "another_table"})
	is(t, err, nil, "")
	equal(t, swap(t, named, "nameless"), nil, 1)
	is(t, named.Close(), nil, "")
}

func TestWrongArgumentsAreErrors(t *testing.T) {
	for _, o := range []escrow.CodeOptions{{}, {Functions: 129}, {Functions: 1, History: 64}, {Functions: 1, History: -1}} {
		_, err := escrow.OpenCode(o)
		is(t, err, escrow.ErrOption, "open code slot")
	}
	slot := open(t, 1)
	if _, err := slot.UnsafeSwap(code.Table()); err != nil {
		t.Fatal(err)
	}
	call, err := slot.Enter()
	is(t, err, nil, "")
	for _, i := range []int{-1, 5} {
		_, err = slot.Words(i)
		is(t, err, escrow.ErrOption, "of a table of 5")
		_, err = slot.Bytes(i, nil)
		is(t, err, escrow.ErrOption, "of a table of 5")
		_, err = call.Words(i)
		is(t, err, escrow.ErrOption, "of a table of 5")
		_, err = call.Bytes(i, nil)
		is(t, err, escrow.ErrOption, "of a table of 5")
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call.Unsafe(i)
		}()
	}
	_, err = slot.Words(add, 1, 2, 3, 4, 5)
	is(t, err, escrow.ErrOption, "5 arguments")
	is(t, slot.Close(), nil, "")
	n, err := call.Words(number)
	equal(t, n, err, 7)
	equal(t, slot.Stats().Inside, nil, 1)
	call.Leave() // ends the slot
	equal(t, slot.Stats(), nil, escrow.CodeStats{})
}

func TestACallThatSleepsKeepsItsLibrary(t *testing.T) {
	slot := open(t, 1)
	code.Raise(0)
	swap(t, slot, "good_1")
	done := make(chan uint64)
	go func() {
		n, _ := slot.Words(wait, code.Flag(), 100)
		done <- n
	}()
	for slot.Stats().Inside == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 100 {
		swap(t, slot, "good_2")
		n, err := slot.Words(number)
		equal(t, n, err, 2)
	}
	equal(t, mapped(t), nil, 3) // the sleeper's, the kept one, the current one
	equal(t, slot.Stats().Unloaded, nil, 98)
	code.Raise(1)
	equal(t, <-done, nil, 101)
	equal(t, mapped(t), nil, 2)
	equal(t, slot.Stats().Unloaded, nil, 99)
	is(t, slot.Close(), nil, "")
	equal(t, mapped(t), nil, 0)
}

func TestACallOfOneCrossingAllocatesNothing(t *testing.T) {
	slot := open(t, 0)
	if _, err := slot.UnsafeSwap(code.Table()); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	for name, call := range map[string]func(){
		"words": func() { slot.Words(add, 1, 2) },
		"bytes": func() { slot.Bytes(sum, b) },
	} {
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	is(t, slot.Close(), nil, "")
}

// TestSwapsUnderLoad: no call fails, none runs code that is gone, and each runs the code of the version
// it says.
func TestSwapsUnderLoad(t *testing.T) {
	rounds := 2000
	if testing.Short() {
		rounds = 300
	}
	slot := open(t, 1)
	swap(t, slot, "good_1") // odd versions are of the first
	var stop atomic.Bool
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for i := uint64(0); !stop.Load(); i++ {
				n, err := slot.Words(add, i, i)
				if err != nil || (n != 2*i+1 && n != 2*i+2) {
					t.Errorf("%d %v", n, err)
					return
				}
				call, err := slot.Enter()
				if err != nil {
					t.Error(err)
					return
				}
				n, err = call.Words(number)
				if err != nil || n != 2-call.Version()%2 {
					t.Errorf("version %d: %d %v", call.Version(), n, err)
				}
				call.Leave()
			}
		})
	}
	for range rounds {
		swap(t, slot, "good_2")
		swap(t, slot, "good_1")
	}
	stop.Store(true)
	callers.Wait()
	s := slot.Stats()
	if s.Swapped != uint64(2*rounds+1) || s.Kept != 0 || s.Inside != 0 || s.Unloaded != uint64(2*rounds-1) {
		t.Errorf("%+v", s)
	}
	is(t, slot.Close(), nil, "")
	equal(t, mapped(t), nil, 0)
}
