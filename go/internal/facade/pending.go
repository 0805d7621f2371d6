package facade

import (
	"example.com/escrow/go/internal/cabi"
)

func leafOn() bool                  { return false }
func leafAvailable() (bool, string) { return false, "pending" }
func Valid(handle uint64) bool      { return cabi.Validate(handle, 0, 0) == cabi.OK }
