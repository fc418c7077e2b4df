//go:build !noasm

#include "textflag.h"

// Registers as in engine_avx512_amd64.s, with half as many rows of half the width: Y0 … Y11 are the results, row by
// row; Y12, Y13, Y14 a row of b; Y15 a value of a.

#define SWEEP_ARGUMENTS \
	MOVQ k+0(FP), CX; \
	MOVQ a+8(FP), SI; \
	MOVQ b+16(FP), DI; \
	MOVQ offsets+24(FP), R8; \
	MOVQ c+32(FP), DX; \
	MOVQ stride+40(FP), R9; \
	SHLQ $2, R9

#define CLEAR(r0, r1, r2, r3) \
	VXORPS r0, r0, r0; \
	VXORPS r1, r1, r1; \
	VXORPS r2, r2, r2; \
	VXORPS r3, r3, r3

#define NEXT_TAP \
	MOVQ (R8), R10; \
	ADDQ $8, R8

#define TIMES3(at, r0, r1, r2) \
	VBROADCASTSS at(SI), Y15; \
	VFMADD231PS Y12, Y15, r0; \
	VFMADD231PS Y13, Y15, r1; \
	VFMADD231PS Y14, Y15, r2

#define TIMES2(at, r0, r1) \
	VBROADCASTSS at(SI), Y15; \
	VFMADD231PS Y12, Y15, r0; \
	VFMADD231PS Y13, Y15, r1

#define TIMES1(at, r0) \
	VBROADCASTSS at(SI), Y15; \
	VFMADD231PS Y12, Y15, r0

#define STORE3(r0, r1, r2) \
	VMOVUPS r0, (DX); \
	VMOVUPS r1, 32(DX); \
	VMOVUPS r2, 64(DX); \
	ADDQ R9, DX

#define STORE2(r0, r1) \
	VMOVUPS r0, (DX); \
	VMOVUPS r1, 32(DX); \
	ADDQ R9, DX

#define STORE1(r0) \
	VMOVUPS r0, (DX); \
	ADDQ R9, DX

#define ADD3(r0, r1, r2) \
	VADDPS (DX), r0, r0; \
	VADDPS 32(DX), r1, r1; \
	VADDPS 64(DX), r2, r2; \
	STORE3(r0, r1, r2)

#define ADD2(r0, r1) \
	VADDPS (DX), r0, r0; \
	VADDPS 32(DX), r1, r1; \
	STORE2(r0, r1)

#define ADD1(r0) \
	VADDPS (DX), r0, r0; \
	STORE1(r0)

// Registers of a product: CX terms left, SI a, R11 and R12 bytes of one and of three rows of a, R14 bytes
// between terms of a, DI b, R8 bytes between rows of b; the rest as in a sweep.

#define PRODUCT_ARGUMENTS \
	MOVQ k+0(FP), CX; \
	MOVQ a+8(FP), SI; \
	MOVQ aRow+16(FP), R11; \
	MOVQ aStep+24(FP), R14; \
	MOVQ b+32(FP), DI; \
	MOVQ bStep+40(FP), R8; \
	MOVQ c+48(FP), DX; \
	MOVQ stride+56(FP), R9; \
	SHLQ $2, R11; \
	SHLQ $2, R14; \
	SHLQ $2, R8; \
	SHLQ $2, R9; \
	LEAQ (R11)(R11*2), R12

#define PRODUCT3(from, r0, r1, r2) \
	VBROADCASTSS from, Y15; \
	VFMADD231PS Y12, Y15, r0; \
	VFMADD231PS Y13, Y15, r1; \
	VFMADD231PS Y14, Y15, r2

#define PRODUCT2(from, r0, r1) \
	VBROADCASTSS from, Y15; \
	VFMADD231PS Y12, Y15, r0; \
	VFMADD231PS Y13, Y15, r1

#define PRODUCT1(from, r0) \
	VBROADCASTSS from, Y15; \
	VFMADD231PS Y12, Y15, r0

// func sweep256x3(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)
TEXT ·sweep256x3(SB), NOSPLIT, $0-56
	SWEEP_ARGUMENTS
	CLEAR(Y0, Y1, Y2, Y3)
	CLEAR(Y4, Y5, Y6, Y7)
	CLEAR(Y8, Y9, Y10, Y11)

tap:
	NEXT_TAP
	VMOVUPS (DI)(R10*1), Y12
	VMOVUPS 32(DI)(R10*1), Y13
	VMOVUPS 64(DI)(R10*1), Y14
	TIMES3(0, Y0, Y1, Y2)
	TIMES3(4, Y3, Y4, Y5)
	TIMES3(8, Y6, Y7, Y8)
	TIMES3(12, Y9, Y10, Y11)
	ADDQ $16, SI
	DECQ CX
	JNZ  tap

	CMPQ accumulate+48(FP), $0
	JNE  add
	STORE3(Y0, Y1, Y2)
	STORE3(Y3, Y4, Y5)
	STORE3(Y6, Y7, Y8)
	STORE3(Y9, Y10, Y11)
	VZEROUPPER
	RET

add:
	ADD3(Y0, Y1, Y2)
	ADD3(Y3, Y4, Y5)
	ADD3(Y6, Y7, Y8)
	ADD3(Y9, Y10, Y11)
	VZEROUPPER
	RET

// func sweep256x2(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)
TEXT ·sweep256x2(SB), NOSPLIT, $0-56
	SWEEP_ARGUMENTS
	CLEAR(Y0, Y1, Y2, Y3)
	CLEAR(Y4, Y5, Y6, Y7)

tap:
	NEXT_TAP
	VMOVUPS (DI)(R10*1), Y12
	VMOVUPS 32(DI)(R10*1), Y13
	TIMES2(0, Y0, Y1)
	TIMES2(4, Y2, Y3)
	TIMES2(8, Y4, Y5)
	TIMES2(12, Y6, Y7)
	ADDQ $16, SI
	DECQ CX
	JNZ  tap

	CMPQ accumulate+48(FP), $0
	JNE  add
	STORE2(Y0, Y1)
	STORE2(Y2, Y3)
	STORE2(Y4, Y5)
	STORE2(Y6, Y7)
	VZEROUPPER
	RET

add:
	ADD2(Y0, Y1)
	ADD2(Y2, Y3)
	ADD2(Y4, Y5)
	ADD2(Y6, Y7)
	VZEROUPPER
	RET

// func sweep256x1(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)
TEXT ·sweep256x1(SB), NOSPLIT, $0-56
	SWEEP_ARGUMENTS
	CLEAR(Y0, Y1, Y2, Y3)

tap:
	NEXT_TAP
	VMOVUPS (DI)(R10*1), Y12
	TIMES1(0, Y0)
	TIMES1(4, Y1)
	TIMES1(8, Y2)
	TIMES1(12, Y3)
	ADDQ $16, SI
	DECQ CX
	JNZ  tap

	CMPQ accumulate+48(FP), $0
	JNE  add
	STORE1(Y0)
	STORE1(Y1)
	STORE1(Y2)
	STORE1(Y3)
	VZEROUPPER
	RET

add:
	ADD1(Y0)
	ADD1(Y1)
	ADD1(Y2)
	ADD1(Y3)
	VZEROUPPER
	RET

#define DOT3(r0, r1, r2) \
	VFMADD231PS Y12, Y15, r0; \
	VFMADD231PS Y13, Y15, r1; \
	VFMADD231PS Y14, Y15, r2

// REDUCE adds up the 8 values of four registers and stores the four sums side by side.
#define REDUCE(at, y0, y1, y2, y3) \
	VHADDPS y1, y0, Y12; \
	VHADDPS y3, y2, Y13; \
	VHADDPS Y13, Y12, Y12; \
	VEXTRACTF128 $1, Y12, X13; \
	VADDPS X13, X12, X12; \
	VMOVUPS X12, at(AX)

// func dot256(steps int, a *float32, aRow int, b0, b1, b2, out *float32)
TEXT ·dot256(SB), NOSPLIT, $0-56
	MOVQ a+8(FP), SI
	MOVQ aRow+16(FP), R10
	MOVQ b0+24(FP), BX
	MOVQ b1+32(FP), DX
	MOVQ b2+40(FP), DI
	SHLQ $2, R10
	LEAQ (R10)(R10*2), R11
	MOVQ steps+0(FP), CX
	CLEAR(Y0, Y1, Y2, Y3)
	CLEAR(Y4, Y5, Y6, Y7)
	CLEAR(Y8, Y9, Y10, Y11)

step:
	VMOVUPS (BX), Y12
	VMOVUPS (DX), Y13
	VMOVUPS (DI), Y14
	VMOVUPS (SI), Y15
	DOT3(Y0, Y1, Y2)
	VMOVUPS (SI)(R10*1), Y15
	DOT3(Y3, Y4, Y5)
	VMOVUPS (SI)(R10*2), Y15
	DOT3(Y6, Y7, Y8)
	VMOVUPS (SI)(R11*1), Y15
	DOT3(Y9, Y10, Y11)
	ADDQ $32, SI
	ADDQ $32, BX
	ADDQ $32, DX
	ADDQ $32, DI
	DECQ CX
	JNZ  step

	MOVQ out+48(FP), AX
	REDUCE(0, Y0, Y3, Y6, Y9)
	REDUCE(16, Y1, Y4, Y7, Y10)
	REDUCE(32, Y2, Y5, Y8, Y11)
	VZEROUPPER
	RET

// func product256x3(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)
TEXT ·product256x3(SB), NOSPLIT, $0-72
	PRODUCT_ARGUMENTS
	CLEAR(Y0, Y1, Y2, Y3)
	CLEAR(Y4, Y5, Y6, Y7)
	CLEAR(Y8, Y9, Y10, Y11)

term:
	VMOVUPS (DI), Y12
	VMOVUPS 32(DI), Y13
	VMOVUPS 64(DI), Y14
	PRODUCT3((SI), Y0, Y1, Y2)
	PRODUCT3((SI)(R11*1), Y3, Y4, Y5)
	PRODUCT3((SI)(R11*2), Y6, Y7, Y8)
	PRODUCT3((SI)(R12*1), Y9, Y10, Y11)
	ADDQ R14, SI
	ADDQ R8, DI
	DECQ CX
	JNZ  term

	CMPQ accumulate+64(FP), $0
	JNE  add
	STORE3(Y0, Y1, Y2)
	STORE3(Y3, Y4, Y5)
	STORE3(Y6, Y7, Y8)
	STORE3(Y9, Y10, Y11)
	VZEROUPPER
	RET

add:
	ADD3(Y0, Y1, Y2)
	ADD3(Y3, Y4, Y5)
	ADD3(Y6, Y7, Y8)
	ADD3(Y9, Y10, Y11)
	VZEROUPPER
	RET

// func product256x2(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)
TEXT ·product256x2(SB), NOSPLIT, $0-72
	PRODUCT_ARGUMENTS
	CLEAR(Y0, Y1, Y2, Y3)
	CLEAR(Y4, Y5, Y6, Y7)

term:
	VMOVUPS (DI), Y12
	VMOVUPS 32(DI), Y13
	PRODUCT2((SI), Y0, Y1)
	PRODUCT2((SI)(R11*1), Y2, Y3)
	PRODUCT2((SI)(R11*2), Y4, Y5)
	PRODUCT2((SI)(R12*1), Y6, Y7)
	ADDQ R14, SI
	ADDQ R8, DI
	DECQ CX
	JNZ  term

	CMPQ accumulate+64(FP), $0
	JNE  add
	STORE2(Y0, Y1)
	STORE2(Y2, Y3)
	STORE2(Y4, Y5)
	STORE2(Y6, Y7)
	VZEROUPPER
	RET

add:
	ADD2(Y0, Y1)
	ADD2(Y2, Y3)
	ADD2(Y4, Y5)
	ADD2(Y6, Y7)
	VZEROUPPER
	RET

// func product256x1(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)
TEXT ·product256x1(SB), NOSPLIT, $0-72
	PRODUCT_ARGUMENTS
	CLEAR(Y0, Y1, Y2, Y3)

term:
	VMOVUPS (DI), Y12
	PRODUCT1((SI), Y0)
	PRODUCT1((SI)(R11*1), Y1)
	PRODUCT1((SI)(R11*2), Y2)
	PRODUCT1((SI)(R12*1), Y3)
	ADDQ R14, SI
	ADDQ R8, DI
	DECQ CX
	JNZ  term

	CMPQ accumulate+64(FP), $0
	JNE  add
	STORE1(Y0)
	STORE1(Y1)
	STORE1(Y2)
	STORE1(Y3)
	VZEROUPPER
	RET

add:
	ADD1(Y0)
	ADD1(Y1)
	ADD1(Y2)
	ADD1(Y3)
	VZEROUPPER
	RET
