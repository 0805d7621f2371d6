//go:build cgo && (linux || darwin) && (amd64 || arm64)

package cabi

// #cgo nocallback escrow1_pool_set_guarded
// #cgo noescape escrow1_pool_read_guarded
// #cgo nocallback escrow1_pool_read_guarded
// #cgo nocallback escrow1_faults_report
// #include "escrow/guarded.h"
import "C"

// SetGuarded has one object in rate of the pool lie between inaccessible pages, 0 none.
func SetGuarded(pool uint64, rate uint32) Status {
	return Status(C.escrow1_pool_set_guarded(C.escrow_pool(pool), C.uint32_t(rate)))
}

// ReadGuarded reads what the pool guards.
func ReadGuarded(pool uint64) (g GuardedState, s Status) {
	var out C.escrow_guarded_state
	s = Status(C.escrow1_pool_read_guarded(C.escrow_pool(pool), &out))
	return GuardedState{Rate: uint32(out.rate), Guarded: uint64(out.guarded), Missed: uint64(out.missed)}, s
}

// ReportFaults has a fault at an address of a pool explained before it is handled as before.
func ReportFaults() Status { return Status(C.escrow1_faults_report()) }
