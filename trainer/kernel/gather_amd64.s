//go:build !noasm

#include "textflag.h"

// Eight values at a time from and to stretches of memory (see stretches in gather.go: n at 0, at at 8, mask at 40; 72
// bytes each).

// func gather256(s *stretches, taps, channels int, from *float32, plane int, to *float32, row int)
//
// For each of the taps and of the channels, which lie plane bytes apart, one row of eight values, row bytes apart.
TEXT ·gather256(SB), NOSPLIT, $0-56
	MOVQ s+0(FP), R8
	MOVQ taps+8(FP), R9
	MOVQ channels+16(FP), R10
	MOVQ from+24(FP), SI
	MOVQ plane+32(FP), R11
	MOVQ to+40(FP), DI
	MOVQ row+48(FP), DX

tap:
	MOVQ R10, CX
	LEAQ ·laneMasks(SB), BX
	MOVQ (R8), AX
	CMPQ AX, $5
	JEQ  entire
	CMPQ AX, $1
	JEQ  one
	JLT  none
	CMPQ AX, $3
	JLT  two
	JEQ  three

	MOVQ 64(R8), AX
	VMOVUPS (BX)(AX*1), Y4
	MOVQ 56(R8), AX
	VMOVUPS (BX)(AX*1), Y3
	MOVQ 48(R8), AX
	VMOVUPS (BX)(AX*1), Y2
	MOVQ 40(R8), AX
	VMOVUPS (BX)(AX*1), Y1
	MOVQ 8(R8), R12
	MOVQ 16(R8), R13
	MOVQ 24(R8), AX
	MOVQ 32(R8), BX
	ADDQ SI, R12
	ADDQ SI, R13
	ADDQ SI, AX
	ADDQ SI, BX

four:
	VMASKMOVPS (R12), Y1, Y5
	VMASKMOVPS (R13), Y2, Y6
	VMASKMOVPS (AX), Y3, Y7
	VMASKMOVPS (BX), Y4, Y8
	VORPS Y6, Y5, Y5
	VORPS Y8, Y7, Y7
	VORPS Y7, Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ R11, R12
	ADDQ R11, R13
	ADDQ R11, AX
	ADDQ R11, BX
	ADDQ DX, DI
	DECQ CX
	JNZ  four
	JMP  next

three:
	MOVQ 56(R8), AX
	VMOVUPS (BX)(AX*1), Y3
	MOVQ 48(R8), AX
	VMOVUPS (BX)(AX*1), Y2
	MOVQ 40(R8), AX
	VMOVUPS (BX)(AX*1), Y1
	MOVQ 8(R8), R12
	MOVQ 16(R8), R13
	MOVQ 24(R8), AX
	ADDQ SI, R12
	ADDQ SI, R13
	ADDQ SI, AX

threeLoop:
	VMASKMOVPS (R12), Y1, Y5
	VMASKMOVPS (R13), Y2, Y6
	VMASKMOVPS (AX), Y3, Y7
	VORPS Y6, Y5, Y5
	VORPS Y7, Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ R11, R12
	ADDQ R11, R13
	ADDQ R11, AX
	ADDQ DX, DI
	DECQ CX
	JNZ  threeLoop
	JMP  next

two:
	MOVQ 48(R8), AX
	VMOVUPS (BX)(AX*1), Y2
	MOVQ 40(R8), AX
	VMOVUPS (BX)(AX*1), Y1
	MOVQ 8(R8), R12
	MOVQ 16(R8), R13
	ADDQ SI, R12
	ADDQ SI, R13

twoLoop:
	VMASKMOVPS (R12), Y1, Y5
	VMASKMOVPS (R13), Y2, Y6
	VORPS Y6, Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ R11, R12
	ADDQ R11, R13
	ADDQ DX, DI
	DECQ CX
	JNZ  twoLoop
	JMP  next

one:
	MOVQ 40(R8), AX
	VMOVUPS (BX)(AX*1), Y1
	MOVQ 8(R8), R12
	ADDQ SI, R12

oneLoop:
	VMASKMOVPS (R12), Y1, Y5
	VMOVUPS Y5, (DI)
	ADDQ R11, R12
	ADDQ DX, DI
	DECQ CX
	JNZ  oneLoop
	JMP  next

entire:
	MOVQ 8(R8), R12
	ADDQ SI, R12

entireLoop:
	VMOVUPS (R12), Y5
	VMOVUPS Y5, (DI)
	ADDQ R11, R12
	ADDQ DX, DI
	DECQ CX
	JNZ  entireLoop
	JMP  next

none:
	VXORPS Y5, Y5, Y5

noneLoop:
	VMOVUPS Y5, (DI)
	ADDQ DX, DI
	DECQ CX
	JNZ  noneLoop

next:
	ADDQ $72, R8
	DECQ R9
	JNZ  tap
	VZEROUPPER
	RET

// func scatter256(s *stretches, rows int, from *float32, row int, to *float32, plane int, bias *float32, least float32)
//
// Rows of eight values, row bytes apart, each to a plane of its own, plane bytes apart: value + bias, at least least. The
// bias is one value a row.
TEXT ·scatter256(SB), NOSPLIT, $0-60
	MOVQ s+0(FP), R8
	MOVQ rows+8(FP), CX
	MOVQ from+16(FP), SI
	MOVQ row+24(FP), DX
	MOVQ to+32(FP), DI
	MOVQ plane+40(FP), R11
	MOVQ bias+48(FP), R10
	VBROADCASTSS least+56(FP), Y9
	LEAQ ·laneMasks(SB), BX
	MOVQ (R8), R9
	CMPQ R9, $5
	JEQ  entire
	TESTQ R9, R9
	JZ   nothing

line:
	VBROADCASTSS (R10), Y6
	VADDPS (SI), Y6, Y5
	VMAXPS Y5, Y9, Y5 // NaN stays
	LEAQ 8(R8), R12
	MOVQ R9, R13

piece:
	MOVQ 32(R12), AX
	VMOVUPS (BX)(AX*1), Y1
	MOVQ (R12), AX
	VMASKMOVPS Y5, Y1, (DI)(AX*1)
	ADDQ $8, R12
	DECQ R13
	JNZ  piece
	ADDQ DX, SI
	ADDQ R11, DI
	ADDQ $4, R10
	DECQ CX
	JNZ  line

nothing:
	VZEROUPPER
	RET

entire:
	ADDQ 8(R8), DI

entireLine:
	VBROADCASTSS (R10), Y6
	VADDPS (SI), Y6, Y5
	VMAXPS Y5, Y9, Y5 // NaN stays
	VMOVUPS Y5, (DI)
	ADDQ DX, SI
	ADDQ R11, DI
	ADDQ $4, R10
	DECQ CX
	JNZ  entireLine
	VZEROUPPER
	RET

// func transpose256(blocks int, from *float32, fromStride int, to *float32, toStride int)
//
// Blocks of eight rows with eight values, each eight values behind the one before, turned: column j of block b becomes the
// eight values at to + (8·b+j)·toStride. Strides are in bytes.
TEXT ·transpose256(SB), NOSPLIT, $0-40
	MOVQ blocks+0(FP), CX
	MOVQ from+8(FP), SI
	MOVQ fromStride+16(FP), R8
	MOVQ to+24(FP), DI
	MOVQ toStride+32(FP), R9
	LEAQ (R8)(R8*2), R10  // three strides
	LEAQ (R9)(R9*2), R11

block:
	LEAQ (SI)(R8*4), R12
	VMOVUPS (SI), Y0
	VMOVUPS (SI)(R8*1), Y1
	VMOVUPS (SI)(R8*2), Y2
	VMOVUPS (SI)(R10*1), Y3
	VMOVUPS (R12), Y4
	VMOVUPS (R12)(R8*1), Y5
	VMOVUPS (R12)(R8*2), Y6
	VMOVUPS (R12)(R10*1), Y7
	VUNPCKLPS Y1, Y0, Y8
	VUNPCKHPS Y1, Y0, Y9
	VUNPCKLPS Y3, Y2, Y10
	VUNPCKHPS Y3, Y2, Y11
	VUNPCKLPS Y5, Y4, Y12
	VUNPCKHPS Y5, Y4, Y13
	VUNPCKLPS Y7, Y6, Y14
	VUNPCKHPS Y7, Y6, Y15
	VSHUFPS $0x44, Y10, Y8, Y0
	VSHUFPS $0xEE, Y10, Y8, Y1
	VSHUFPS $0x44, Y11, Y9, Y2
	VSHUFPS $0xEE, Y11, Y9, Y3
	VSHUFPS $0x44, Y14, Y12, Y4
	VSHUFPS $0xEE, Y14, Y12, Y5
	VSHUFPS $0x44, Y15, Y13, Y6
	VSHUFPS $0xEE, Y15, Y13, Y7
	VPERM2F128 $0x20, Y4, Y0, Y8
	VPERM2F128 $0x20, Y5, Y1, Y9
	VPERM2F128 $0x20, Y6, Y2, Y10
	VPERM2F128 $0x20, Y7, Y3, Y11
	VPERM2F128 $0x31, Y4, Y0, Y12
	VPERM2F128 $0x31, Y5, Y1, Y13
	VPERM2F128 $0x31, Y6, Y2, Y14
	VPERM2F128 $0x31, Y7, Y3, Y15
	LEAQ (DI)(R9*4), R13
	VMOVUPS Y8, (DI)
	VMOVUPS Y9, (DI)(R9*1)
	VMOVUPS Y10, (DI)(R9*2)
	VMOVUPS Y11, (DI)(R11*1)
	VMOVUPS Y12, (R13)
	VMOVUPS Y13, (R13)(R9*1)
	VMOVUPS Y14, (R13)(R9*2)
	VMOVUPS Y15, (R13)(R11*1)
	ADDQ $32, SI
	LEAQ (DI)(R9*8), DI
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET
