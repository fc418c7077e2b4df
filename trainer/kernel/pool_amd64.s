//go:build !noasm

#include "textflag.h"

// Maximum over 2×2 windows side by side, one row of results at a time, in AVX2. Eight results come from two vectors of
// the upper row and two of the lower one; in between they stand in the order 0 1 4 5 2 3 6 7.

// 16 ones, 16 zeros: masks for the first so many lanes.
DATA lanes<>+0(SB)/8, $-1
DATA lanes<>+8(SB)/8, $-1
DATA lanes<>+16(SB)/8, $-1
DATA lanes<>+24(SB)/8, $-1
DATA lanes<>+32(SB)/8, $-1
DATA lanes<>+40(SB)/8, $-1
DATA lanes<>+48(SB)/8, $-1
DATA lanes<>+56(SB)/8, $-1
DATA lanes<>+64(SB)/8, $0
DATA lanes<>+72(SB)/8, $0
DATA lanes<>+80(SB)/8, $0
DATA lanes<>+88(SB)/8, $0
DATA lanes<>+96(SB)/8, $0
DATA lanes<>+104(SB)/8, $0
DATA lanes<>+112(SB)/8, $0
DATA lanes<>+120(SB)/8, $0
GLOBL lanes<>(SB), RODATA|NOPTR, $128

// MASKS sets Y13, Y14 for twice CX values and Y15 for CX values, CX < 8.
#define MASKS \
	LEAQ lanes<>+64(SB), AX; \
	MOVQ CX, R9; \
	SHLQ $2, R9; \
	SUBQ R9, AX; \
	VMOVDQU (AX), Y15; \
	SUBQ R9, AX; \
	VMOVDQU (AX), Y13; \
	VMOVDQU 32(AX), Y14

#define LOAD_ALL \
	VMOVUPS (SI), Y0; \
	VMOVUPS 32(SI), Y1; \
	VMOVUPS (BX), Y2; \
	VMOVUPS 32(BX), Y3

#define LOAD_SOME \
	VMASKMOVPS (SI), Y13, Y0; \
	VMASKMOVPS 32(SI), Y14, Y1; \
	VMASKMOVPS (BX), Y13, Y2; \
	VMASKMOVPS 32(BX), Y14, Y3

// SPLIT gives the four values of each window in Y4, Y5, Y6, Y7.
#define SPLIT \
	VSHUFPS $0x88, Y1, Y0, Y4; \
	VSHUFPS $0xDD, Y1, Y0, Y5; \
	VSHUFPS $0x88, Y3, Y2, Y6; \
	VSHUFPS $0xDD, Y3, Y2, Y7

// A later value wins only if it is larger: MAXPS gives its second operand for equals and NaN.
#define LARGEST \
	VMAXPS Y4, Y5, Y4; \
	VMAXPS Y4, Y6, Y4; \
	VMAXPS Y4, Y7, Y4; \
	VPERMPD $0xD8, Y4, Y4

// func halve256(n int, upper, lower, y *float32)
TEXT ·halve256(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ upper+8(FP), SI
	MOVQ lower+16(FP), BX
	MOVQ y+24(FP), DI

eight:
	CMPQ CX, $8
	JLT  rest
	LOAD_ALL
	SPLIT
	LARGEST
	VMOVUPS Y4, (DI)
	ADDQ $64, SI
	ADDQ $64, BX
	ADDQ $32, DI
	SUBQ $8, CX
	JMP  eight

rest:
	TESTQ CX, CX
	JZ    done
	MASKS
	LOAD_SOME
	SPLIT
	LARGEST
	VMASKMOVPS Y4, Y15, (DI)

done:
	VZEROUPPER
	RET

// DEAL gives dy (Y8) to the first largest value of each window; the rest get 0. Results in Y0, Y1 (upper), Y2, Y3 (lower).
#define DEAL \
	VPERMPD $0xD8, Y8, Y8; \
	VCMPPS $0x1E, Y4, Y5, Y9; \
	VMAXPS Y4, Y5, Y4; \
	VCMPPS $0x1E, Y4, Y6, Y10; \
	VMAXPS Y4, Y6, Y4; \
	VCMPPS $0x1E, Y4, Y7, Y11; \
	VANDPS Y8, Y11, Y7; \
	VANDNPS Y8, Y11, Y8; \
	VANDPS Y8, Y10, Y6; \
	VANDNPS Y8, Y10, Y8; \
	VANDPS Y8, Y9, Y5; \
	VANDNPS Y8, Y9, Y4; \
	VUNPCKLPS Y5, Y4, Y0; \
	VUNPCKHPS Y5, Y4, Y1; \
	VUNPCKLPS Y7, Y6, Y2; \
	VUNPCKHPS Y7, Y6, Y3

// func halveGrad256(n int, upper, lower, dy, dupper, dlower *float32)
TEXT ·halveGrad256(SB), NOSPLIT, $0-48
	MOVQ n+0(FP), CX
	MOVQ upper+8(FP), SI
	MOVQ lower+16(FP), BX
	MOVQ dy+24(FP), DX
	MOVQ dupper+32(FP), DI
	MOVQ dlower+40(FP), R8

eight:
	CMPQ CX, $8
	JLT  rest
	LOAD_ALL
	VMOVUPS (DX), Y8
	SPLIT
	DEAL
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, (R8)
	VMOVUPS Y3, 32(R8)
	ADDQ $64, SI
	ADDQ $64, BX
	ADDQ $32, DX
	ADDQ $64, DI
	ADDQ $64, R8
	SUBQ $8, CX
	JMP  eight

rest:
	TESTQ CX, CX
	JZ    done
	MASKS
	LOAD_SOME
	VMASKMOVPS (DX), Y15, Y8
	SPLIT
	DEAL
	VMASKMOVPS Y0, Y13, (DI)
	VMASKMOVPS Y1, Y14, 32(DI)
	VMASKMOVPS Y2, Y13, (R8)
	VMASKMOVPS Y3, Y14, 32(R8)

done:
	VZEROUPPER
	RET
