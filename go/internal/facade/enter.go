package facade

import "example.com/escrow/go/internal/leafcgo"

// enter is read by the assembly.
//
//lint:ignore U1000 by the assembly
var enter = leafcgo.Enter()
