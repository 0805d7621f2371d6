package escrow

import "example.com/escrow/go/internal/cabi"

// Destroyed says whether the pool of this ID has given its memory back.
func Destroyed(id uint64) bool {
	var stats cabi.Stats
	return cabi.PoolStats(id, &stats) == cabi.Stale
}

// ReleaseBehindGo ends a reference as C code would, without the Go side noticing.
func ReleaseBehindGo(handle uint64) error {
	if s := cabi.Release(handle); s < 0 {
		return failed("release", s)
	}
	return nil
}

// Instrumented is true under the sanitizers.
const Instrumented = instrumented

// CellIsThere says whether the cell of this ID has not given its memory back.
func CellIsThere(id uint64) bool {
	_, s := cabi.CellWord(id)
	return s == cabi.OK
}
