#include "textflag.h"

// func Add(counter *uint64) uint64
TEXT ·Add(SB), NOSPLIT, $0-16
	MOVQ counter+0(FP), DI
	MOVQ $1, AX
	LOCK
	XADDQ AX, 0(DI)
	INCQ AX
	MOVQ AX, ret+8(FP)
	RET

// func IncrementAndReload(counter *uint64) uint64
TEXT ·IncrementAndReload(SB), NOSPLIT, $0-16
	MOVQ counter+0(FP), DI
	LOCK
	INCQ 0(DI)
	MOVQ 0(DI), AX // whatever it is by now
	MOVQ AX, ret+8(FP)
	RET

// func Ticks() uint64
TEXT ·Ticks(SB), NOSPLIT, $0-8
	LFENCE
	RDTSC
	LFENCE
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET
