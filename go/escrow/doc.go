// Package escrow gives Go memory that C and C++ in the same process share, without a garbage
// collector's cost and without its classic bugs: used after free, freed twice, never freed.
//
// A [Pool] holds C memory. A [Guard] is one reference to an object in it, a [Ticket] is one
// reference in flight to another holder (a goroutine, or a C++ thread), a [Scope] holds several
// objects for the length of a call, and [PoolOf] is a pool of one pointer-free Go type. [Map] is
// a concurrent map whose entries lie in C memory, and [GuardMap] one of references.
//
//	pool, err := escrow.Open(escrow.Options{Name: "frames", Limit: 64 << 20})
//	guard, err := pool.Acquire(4096)
//	defer guard.Close()
//	err = guard.Use(func(b []byte) error { _, err := file.Read(b); return err })
//	ticket, err := guard.MoveOut() // whoever takes it in owns the memory now
//
// # Rules
//
// Memory is reached inside [Guard.Use] or [Guard.Lent], which lend it, keep it alive and give it
// back. Every misuse (closed twice, used after a move, a handle of another pool) is an error to be
// matched with errors.Is and never undefined behaviour; the exceptions are the calls whose name
// starts with Unsafe, and a slice kept after Use has returned.
//
// Guards and tickets may be copied freely: copies are the same reference. One that is forgotten is
// released by its cleanup after a garbage collection and counted in Stats.Leaked. Memory holds
// bytes, never Go pointers: nothing that the garbage collector has to see may be stored there.
//
// Everything may be called from any goroutine, concurrently, unless said otherwise. Hot operations are
// leaf calls: some nanoseconds, on the goroutine's own stack (package leaf). What needs memory from the
// system, runs a destructor or ends a duplicate crosses by cgo, some tens of nanoseconds, without the
// caller's doing; Stats.Crossings says how often.
//
// Without cgo the package compiles and Open returns [ErrNoCgo].
package escrow
