package facade

import "example.com/escrow/go/internal/leafcgo"

// enter is read by the assembly.
var enter = leafcgo.Enter()
