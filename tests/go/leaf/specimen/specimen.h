// C functions to be called as leaves by tests.
#include <stdint.h>

// Does nothing; ours is the cost of the call.
uint64_t specimen_empty(uint64_t a);
// a + 2b + 3c + 4d + 5e + 6f: tells every argument from every other.
uint64_t specimen_weigh(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
// *p is set to a, *q to b.
void specimen_store(uint64_t *p, uint64_t *q, uint64_t a, uint64_t b);
// Fills every register that a function may touch, the frame pointer included, with rubbish, writes
// about 450 bytes of stack, spins, and returns a mixture of its arguments.
uint64_t specimen_trash(uint64_t a, uint64_t b, uint64_t spins);
// The same on most of the stack that there really is, more than the contract allows.
uint64_t specimen_trash_room(uint64_t a, uint64_t b, uint64_t spins);
// What both return.
uint64_t specimen_mixture(uint64_t a, uint64_t b);
// How many bytes below its stack pointer a C function called as a leaf may write. Only as a leaf:
// it reads the goroutine from the register that holds it in Go.
uint64_t specimen_room(uint64_t a);
// Write more than 100, 512, 4096 bytes of stack.
uint64_t specimen_write_100(uint64_t a);
uint64_t specimen_write_600(uint64_t a);
uint64_t specimen_write_5000(uint64_t a);
// Read from an address, with a frame and without.
uint64_t specimen_read_framed(uint64_t address);
uint64_t specimen_read_frameless(uint64_t address);
// Calls back into Go, which calls a leaf: not a leaf itself.
uint64_t specimen_through_go(uint64_t a, uint64_t b);
