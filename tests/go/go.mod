module example.com/escrow/tests/go

go 1.25.0

require (
	example.com/escrow v0.0.0
	github.com/anishathalye/porcupine v1.3.0
	github.com/google/pprof v0.0.0-20250820193118-f64d9cf942d6
	pgregory.net/rapid v1.3.0
)

replace example.com/escrow => ../..
