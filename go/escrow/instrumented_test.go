//go:build race || asan || msan

package escrow

// instrumented is true where the sanitizers move variables to the heap, so that counts of allocations
// mean nothing.
const instrumented = true
