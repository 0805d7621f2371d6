//go:build cgo

package facade

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unsafe"

	"example.com/escrow/go/internal/cabi"
)

// faults calls each leaf with an address where there is no memory. A leaf that is given handles only checks
// them first: its stub calls another leaf here, which takes the number for an address.
func faults(pool, handle uint64, nowhere unsafe.Pointer) map[string]func() {
	address := uint64(uintptr(nowhere))
	reading := func(leaf *unsafe.Pointer, call func()) func() {
		return func() {
			*leaf = leafSequenceNextAddress
			scrub(0)
			call()
		}
	}
	return map[string]func(){
		"leafAcquire":      func() { leafAcquire(pool, 64, nowhere) },
		"leafAcquireN":     func() { leafAcquireN(pool, 64, 2, nowhere) },
		"leafReleaseN":     func() { leafReleaseN(nowhere, 2) },
		"leafDup":          func() { leafDup(handle, nowhere) },
		"leafBorrow":       func() { leafBorrow(handle, nowhere) },
		"leafMoveOut":      func() { leafMoveOut(handle, nowhere) },
		"leafMoveIn":       func() { leafMoveIn(handle, nowhere) },
		"leafRead":         func() { leafRead(handle, nowhere) },
		"leafSequenceNext": func() { leafSequenceNext(nowhere, nowhere) },

		"leafRelease":         reading(&leafReleaseAddress, func() { leafRelease(address) }),
		"leafReleaseDeferred": reading(&leafReleaseDeferredAddress, func() { leafReleaseDeferred(address) }),
		"leafReturn":          reading(&leafReturnAddress, func() { leafReturn(address) }),
		"leafRevoke":          reading(&leafRevokeAddress, func() { leafRevoke(address) }),
		"leafValidate":        reading(&leafValidateAddress, func() { leafValidate(address, address, address) }),
	}
}

// scrub leaves no old return address on the stack where the leaf will have its frame: the runtime would
// take one for the caller (docs/leaf.md), and which ones are there is the compiler's doing.
//
//go:noinline
func scrub(with byte) byte {
	var below [4096]byte
	for i := range below {
		below[i] = with
	}
	return below[int(with)+1]
}

// TestAFaultInALeafNamesItsStub runs itself again for each leaf and address; the process must die
// without recover having seen anything, and its dump must name the stub and a pc.
func TestAFaultInALeafNamesItsStub(t *testing.T) {
	if !trampolines {
		t.Skip("no trampolines in this build")
	}
	Prepare()
	if on, reason := Leaves(); !on {
		t.Skip(reason)
	}
	if name := os.Getenv("ESCROW_TEST_FAULT"); name != "" {
		defer func() {
			fmt.Println("recovered:", recover())
			os.Exit(0)
		}()
		pool, _ := cabi.PoolOpen(&cabi.Options{})
		handle, _ := cabi.Acquire(pool, 64)
		distance := 8
		if os.Getenv("ESCROW_TEST_ADDRESS") == "high" {
			distance = 1 << 20
		}
		fault := faults(pool, handle, unsafe.Add(nil, distance))[name]
		scrub(0)
		fault()
		fmt.Println("recovered: not even a fault")
		return
	}
	all := faults(0, 0, nil)
	if len(all) != len(addresses()) {
		t.Errorf("%d of %d leaves fault here", len(all), len(addresses()))
	}
	for name := range all {
		for _, address := range []string{"low", "high"} {
			command := exec.Command(os.Args[0], "-test.run", "^TestAFaultInALeafNamesItsStub$")
			command.Env = append(os.Environ(), "ESCROW_TEST_FAULT="+name, "ESCROW_TEST_ADDRESS="+address)
			out, err := command.CombinedOutput()
			text := string(out)
			switch {
			case err == nil || strings.Contains(text, "recovered:"):
				t.Errorf("%s, %s address: the process went on\n%s", name, address, text)
			case !strings.Contains(text, "facade."+name):
				t.Errorf("%s, %s address: the dump does not name the stub\n%s", name, address, text)
			case !regexp.MustCompile(`(pc=|called from )0x[0-9a-f]+`).MatchString(text):
				t.Errorf("%s, %s address: no pc\n%s", name, address, text)
			}
		}
	}
}
