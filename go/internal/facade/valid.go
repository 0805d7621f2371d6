package facade

import "example.com/escrow/go/internal/cabi"

// Valid says whether the handle names a live reference now.
func Valid(handle uint64) bool { return Validate(handle, 0, 0) == cabi.OK }
