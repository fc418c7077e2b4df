//go:build !noasm

#include "textflag.h"

// func exchangeControl(control uint32) (before uint32)
//
// Sets MXCSR and returns what it was.
TEXT ·exchangeControl(SB), NOSPLIT, $8-12
	STMXCSR 0(SP)
	MOVL 0(SP), AX
	MOVL AX, before+8(FP)
	MOVL control+0(FP), AX
	MOVL AX, 0(SP)
	LDMXCSR 0(SP)
	RET
