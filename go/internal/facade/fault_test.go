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

// maps are open ones of each kind: a leaf looks at what it was given once it has found its map.
type maps struct{ words, keyed, texts, handles uint64 }

func openMaps() (m maps) {
	open := func(keys, values uint32) uint64 {
		id, _ := cabi.MapOpen(&cabi.MapOptions{Keys: keys, Values: values})
		return id
	}
	m.words = open(cabi.MapWord, cabi.MapWord)
	m.keyed = open(cabi.MapBytes, cabi.MapWord)
	m.texts = open(cabi.MapBytes, cabi.MapBytes)
	m.handles = open(cabi.MapBytes, cabi.MapHandle)
	return m
}

// faults calls each leaf with an address where there is no memory. A leaf that is given numbers only checks
// them first: its stub calls another leaf here, which takes the first number for an address.
func faults(pool, handle uint64, m maps, nowhere unsafe.Pointer) map[string]func() {
	address := uint64(uintptr(nowhere))
	reading := func(leaf *unsafe.Pointer, call func()) func() {
		return func() {
			*leaf = leafSequenceNextAddress
			scrub(0)
			call()
		}
	}
	room := unsafe.Pointer(new([64]uint64))
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

		"leafMapGet":         func() { leafMapGet(m.words, 1, nowhere) },
		"leafMapPutIfAbsent": func() { leafMapPutIfAbsent(m.words, 1, 2, nowhere) },
		"leafMapSwap":        func() { leafMapSwap(m.words, 1, 2, nowhere) },
		"leafMapAdd":         func() { leafMapAdd(m.words, 1, 2, nowhere) },
		"leafMapTake":        func() { leafMapTake(m.words, 1, nowhere) },
		"leafMapGetN":        func() { leafMapGetN(m.words, nowhere, 2, room, room) },
		"leafMapPutN":        func() { leafMapPutN(m.words, nowhere, room, 2, room) },
		"leafMapEraseN":      func() { leafMapEraseN(m.words, nowhere, 2, room) },

		"leafMapGetBytes":             func() { leafMapGetBytes(m.texts, room, 64, nowhere) },
		"leafMapTakeBytes":            func() { leafMapTakeBytes(m.texts, room, 64, nowhere) },
		"leafMapPutBytes":             func() { leafMapPutBytes(m.texts, room, 64, nowhere) },
		"leafMapPutBytesIfAbsent":     func() { leafMapPutBytesIfAbsent(m.texts, room, 64, nowhere, room) },
		"leafMapSwapBytes":            func() { leafMapSwapBytes(m.texts, room, 64, nowhere, room) },
		"leafMapCompareAndSwapBytes":  func() { leafMapCompareAndSwapBytes(m.texts, room, 64, nowhere, room) },
		"leafMapAddBytes":             func() { leafMapAddBytes(m.keyed, room, 64, 2, nowhere) },
		"leafMapPutKeyedN":            func() { leafMapPutKeyedN(m.keyed, nowhere, room, 2, room) },
		"leafMapCompareAndEraseBytes": func() { leafMapCompareAndEraseBytes(m.texts, room, 64, nowhere) },
		"leafMapEraseBytes":           func() { leafMapEraseBytes(m.texts, nowhere, 64) },
		"leafMapGetKeyedN":            func() { leafMapGetKeyedN(m.keyed, nowhere, 2, room, room) },
		"leafMapEraseKeyedN":          func() { leafMapEraseKeyedN(m.keyed, nowhere, 2, room) },
		"leafMapBorrowHandle":         func() { leafMapBorrowHandle(m.handles, room, 64, nowhere) },

		"leafMapPut":            reading(&leafMapPutAddress, func() { leafMapPut(address, 1, 2) }),
		"leafMapCompareAndSwap": reading(&leafMapCompareAndSwapAddress, func() { leafMapCompareAndSwap(address, 1, 2, 3) }),
		"leafMapErase":          reading(&leafMapEraseAddress, func() { leafMapErase(address, 1) }),
		"leafMapEraseIf":        reading(&leafMapEraseIfAddress, func() { leafMapEraseIf(address, 1, 2, 3) }),
	}
}

// deep are the leaves that look at this memory from too far below their stub: the runtime shows the 256
// bytes of stack above a fault, where the stub's address is not yet. The dump has only the pc, in C.
var deep = map[string]bool{
	"leafMapGetN": true, "leafMapPutN": true, "leafMapGetKeyedN": true, "leafMapEraseKeyedN": true,
	"leafMapEraseBytes": true,
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
// without recover having seen anything, and its dump must name the stub, unless the leaf is deep, and a pc.
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
		fault := faults(pool, handle, openMaps(), unsafe.Add(nil, distance))[name]
		scrub(0)
		fault()
		fmt.Println("recovered: not even a fault")
		return
	}
	all := faults(0, 0, maps{}, nil)
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
			case !deep[name] && !strings.Contains(text, "facade."+name):
				t.Errorf("%s, %s address: the dump does not name the stub\n%s", name, address, text)
			case !regexp.MustCompile(`(pc=|called from )0x[0-9a-f]+`).MatchString(text):
				t.Errorf("%s, %s address: no pc\n%s", name, address, text)
			}
		}
	}
}
