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

// NoteEveryCode has C++ record a call of each code, and says which of them it lists.
func NoteEveryCode(p *Pool) map[int]bool {
	operation := cabi.OthersFrom + operations.number("of every code")
	for code := 1; code < 64; code++ {
		cabi.MisuseNote(p.id, 0, operation, cabi.Status(-code), nil)
	}
	recorded := make(map[int]bool)
	all := new([cabi.MisuseMostSites]cabi.MisuseSite)
	n, _ := cabi.MisuseList(all)
	for _, m := range all[:n] {
		if m.Operation == operation {
			recorded[int(-m.Status)] = true
		}
	}
	return recorded
}

// IsMistake says whether Go records calls of this code.
func IsMistake(code int) bool { return mistakes>>uint(code)&1 != 0 }
