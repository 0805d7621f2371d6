package escrow

import "example.com/escrow/go/internal/cabi"

// ReleaseBehindGo ends a reference as C code would, without the Go side noticing.
func ReleaseBehindGo(handle uint64) error {
	if s := cabi.Release(handle); s < 0 {
		return failed("release", s)
	}
	return nil
}
