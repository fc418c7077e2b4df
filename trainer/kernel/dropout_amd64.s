//go:build !noasm

#include "textflag.h"

// Eight blocks of Philox4x32-10 at a time, in AVX2: Y0 … Y3 hold word 0 … 3 of the counters. The blocks stand in the
// order 0 2 4 6 1 3 5 7, so that turning the words in groups of four puts all 32 in their place.
DATA order<>+0(SB)/4, $0
DATA order<>+4(SB)/4, $2
DATA order<>+8(SB)/4, $4
DATA order<>+12(SB)/4, $6
DATA order<>+16(SB)/4, $1
DATA order<>+20(SB)/4, $3
DATA order<>+24(SB)/4, $5
DATA order<>+28(SB)/4, $7
GLOBL order<>(SB), RODATA|NOPTR, $32

// MULTIPLY splits the 64-bit products of c and m (in every lane) into their halves.
#define MULTIPLY(c, m, high, low, t) \
	VPMULUDQ m, c, low; \
	VPSRLQ $32, c, t; \
	VPMULUDQ m, t, t; \
	VPSRLQ $32, low, high; \
	VPBLENDD $0xAA, t, high, high; \
	VPSLLQ $32, t, t; \
	VPBLENDD $0xAA, t, low, low

// func dropout256(n int, x, y *float32, block uint32, k *dropoutConstants)
//
// n is a multiple of 32 and at least 32.
TEXT ·dropout256(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ k+32(FP), AX
	MOVL block+24(FP), R8
	MOVL R8, X15
	VPBROADCASTD X15, Y15
	VPADDD order<>(SB), Y15, Y15 // number of the block
	MOVL $0xD2511F53, R8
	MOVL R8, X14
	VPBROADCASTD X14, Y14
	MOVL $0xCD9E8D57, R8
	MOVL R8, X13
	VPBROADCASTD X13, Y13
	VPBROADCASTD 12(AX), Y12    // the smallest word that is kept
	VBROADCASTSS 16(AX), Y11    // scale
	MOVL $8, R8
	MOVL R8, X10
	VPBROADCASTD X10, Y10

blocks:
	VMOVDQA Y15, Y0
	VPBROADCASTD (AX), Y1
	VPBROADCASTD 4(AX), Y2
	VPBROADCASTD 8(AX), Y3
	LEAQ 20(AX), BX
	MOVQ $10, DX

round:
	MULTIPLY(Y0, Y14, Y4, Y5, Y8)
	MULTIPLY(Y2, Y13, Y6, Y7, Y8)
	VPBROADCASTD (BX), Y8
	VPBROADCASTD 4(BX), Y9
	VPXOR Y1, Y6, Y0
	VPXOR Y8, Y0, Y0
	VPXOR Y3, Y4, Y2
	VPXOR Y9, Y2, Y2
	VMOVDQA Y7, Y1
	VMOVDQA Y5, Y3
	ADDQ $8, BX
	DECQ DX
	JNZ  round

	VPUNPCKLDQ Y1, Y0, Y4
	VPUNPCKHDQ Y1, Y0, Y5
	VPUNPCKLDQ Y3, Y2, Y6
	VPUNPCKHDQ Y3, Y2, Y7
	VPUNPCKLQDQ Y6, Y4, Y0
	VPUNPCKHQDQ Y6, Y4, Y1
	VPUNPCKLQDQ Y7, Y5, Y2
	VPUNPCKHQDQ Y7, Y5, Y3
	VPMAXUD Y12, Y0, Y4
	VPMAXUD Y12, Y1, Y5
	VPMAXUD Y12, Y2, Y6
	VPMAXUD Y12, Y3, Y7
	VPCMPEQD Y4, Y0, Y0
	VPCMPEQD Y5, Y1, Y1
	VPCMPEQD Y6, Y2, Y2
	VPCMPEQD Y7, Y3, Y3
	VMULPS (SI), Y11, Y4
	VMULPS 32(SI), Y11, Y5
	VMULPS 64(SI), Y11, Y6
	VMULPS 96(SI), Y11, Y7
	VANDPS Y0, Y4, Y4
	VANDPS Y1, Y5, Y5
	VANDPS Y2, Y6, Y6
	VANDPS Y3, Y7, Y7
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	VMOVUPS Y6, 64(DI)
	VMOVUPS Y7, 96(DI)
	VPADDD Y10, Y15, Y15
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JNZ  blocks
	VZEROUPPER
	RET
