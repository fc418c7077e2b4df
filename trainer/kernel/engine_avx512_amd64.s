//go:build !noasm

#include "textflag.h"

// Registers of a sweep: CX taps left, SI packed a, DI b, R8 offsets, DX c, R9 bytes between rows of c, R10 scratch.
// Z0 … Z23 are the results, row by row; Z24, Z25, Z26 a row of b; Z27, Z28 values of a.

#define SWEEP_ARGUMENTS \
	MOVQ k+0(FP), CX; \
	MOVQ a+8(FP), SI; \
	MOVQ b+16(FP), DI; \
	MOVQ offsets+24(FP), R8; \
	MOVQ c+32(FP), DX; \
	MOVQ stride+40(FP), R9; \
	SHLQ $2, R9

#define CLEAR(r0, r1, r2, r3, r4, r5, r6, r7) \
	VPXORQ r0, r0, r0; \
	VPXORQ r1, r1, r1; \
	VPXORQ r2, r2, r2; \
	VPXORQ r3, r3, r3; \
	VPXORQ r4, r4, r4; \
	VPXORQ r5, r5, r5; \
	VPXORQ r6, r6, r6; \
	VPXORQ r7, r7, r7

#define NEXT_TAP \
	MOVQ (R8), R10; \
	ADDQ $8, R8

#define TIMES3(at, a, r0, r1, r2) \
	VBROADCASTSS at(SI), a; \
	VFMADD231PS Z24, a, r0; \
	VFMADD231PS Z25, a, r1; \
	VFMADD231PS Z26, a, r2

#define TIMES2(at, a, r0, r1) \
	VBROADCASTSS at(SI), a; \
	VFMADD231PS Z24, a, r0; \
	VFMADD231PS Z25, a, r1

#define TIMES1(at, a, r0) \
	VBROADCASTSS at(SI), a; \
	VFMADD231PS Z24, a, r0

#define ADD3(r0, r1, r2) \
	VADDPS (DX), r0, r0; \
	VADDPS 64(DX), r1, r1; \
	VADDPS 128(DX), r2, r2; \
	STORE3(r0, r1, r2)

#define ADD2(r0, r1) \
	VADDPS (DX), r0, r0; \
	VADDPS 64(DX), r1, r1; \
	STORE2(r0, r1)

#define ADD1(r0) \
	VADDPS (DX), r0, r0; \
	STORE1(r0)

#define STORE3(r0, r1, r2) \
	VMOVUPS r0, (DX); \
	VMOVUPS r1, 64(DX); \
	VMOVUPS r2, 128(DX); \
	ADDQ R9, DX

#define STORE2(r0, r1) \
	VMOVUPS r0, (DX); \
	VMOVUPS r1, 64(DX); \
	ADDQ R9, DX

#define STORE1(r0) \
	VMOVUPS r0, (DX); \
	ADDQ R9, DX

// Registers of a product: CX terms left, SI and, four rows below, R13 a, R11 and R12 bytes of one and of three rows of a, R14 bytes
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

#define PRODUCT3(from, a, r0, r1, r2) \
	VBROADCASTSS from, a; \
	VFMADD231PS Z24, a, r0; \
	VFMADD231PS Z25, a, r1; \
	VFMADD231PS Z26, a, r2

#define PRODUCT2(from, a, r0, r1) \
	VBROADCASTSS from, a; \
	VFMADD231PS Z24, a, r0; \
	VFMADD231PS Z25, a, r1

#define PRODUCT1(from, a, r0) \
	VBROADCASTSS from, a; \
	VFMADD231PS Z24, a, r0

// func sweep512x3(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)
TEXT ·sweep512x3(SB), NOSPLIT, $0-56
	SWEEP_ARGUMENTS
	CLEAR(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	CLEAR(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)

tap:
	NEXT_TAP
	VMOVUPS (DI)(R10*1), Z24
	VMOVUPS 64(DI)(R10*1), Z25
	VMOVUPS 128(DI)(R10*1), Z26
	TIMES3(0, Z27, Z0, Z1, Z2)
	TIMES3(4, Z28, Z3, Z4, Z5)
	TIMES3(8, Z27, Z6, Z7, Z8)
	TIMES3(12, Z28, Z9, Z10, Z11)
	TIMES3(16, Z27, Z12, Z13, Z14)
	TIMES3(20, Z28, Z15, Z16, Z17)
	TIMES3(24, Z27, Z18, Z19, Z20)
	TIMES3(28, Z28, Z21, Z22, Z23)
	ADDQ $32, SI
	DECQ CX
	JNZ  tap

	CMPQ accumulate+48(FP), $0
	JNE  add
	STORE3(Z0, Z1, Z2)
	STORE3(Z3, Z4, Z5)
	STORE3(Z6, Z7, Z8)
	STORE3(Z9, Z10, Z11)
	STORE3(Z12, Z13, Z14)
	STORE3(Z15, Z16, Z17)
	STORE3(Z18, Z19, Z20)
	STORE3(Z21, Z22, Z23)
	VZEROUPPER
	RET

add:
	ADD3(Z0, Z1, Z2)
	ADD3(Z3, Z4, Z5)
	ADD3(Z6, Z7, Z8)
	ADD3(Z9, Z10, Z11)
	ADD3(Z12, Z13, Z14)
	ADD3(Z15, Z16, Z17)
	ADD3(Z18, Z19, Z20)
	ADD3(Z21, Z22, Z23)
	VZEROUPPER
	RET

// func sweep512x2(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)
TEXT ·sweep512x2(SB), NOSPLIT, $0-56
	SWEEP_ARGUMENTS
	CLEAR(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)

tap:
	NEXT_TAP
	VMOVUPS (DI)(R10*1), Z24
	VMOVUPS 64(DI)(R10*1), Z25
	TIMES2(0, Z27, Z0, Z1)
	TIMES2(4, Z28, Z2, Z3)
	TIMES2(8, Z27, Z4, Z5)
	TIMES2(12, Z28, Z6, Z7)
	TIMES2(16, Z27, Z8, Z9)
	TIMES2(20, Z28, Z10, Z11)
	TIMES2(24, Z27, Z12, Z13)
	TIMES2(28, Z28, Z14, Z15)
	ADDQ $32, SI
	DECQ CX
	JNZ  tap

	CMPQ accumulate+48(FP), $0
	JNE  add
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	STORE2(Z4, Z5)
	STORE2(Z6, Z7)
	STORE2(Z8, Z9)
	STORE2(Z10, Z11)
	STORE2(Z12, Z13)
	STORE2(Z14, Z15)
	VZEROUPPER
	RET

add:
	ADD2(Z0, Z1)
	ADD2(Z2, Z3)
	ADD2(Z4, Z5)
	ADD2(Z6, Z7)
	ADD2(Z8, Z9)
	ADD2(Z10, Z11)
	ADD2(Z12, Z13)
	ADD2(Z14, Z15)
	VZEROUPPER
	RET

// func sweep512x1(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)
TEXT ·sweep512x1(SB), NOSPLIT, $0-56
	SWEEP_ARGUMENTS
	CLEAR(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)

tap:
	NEXT_TAP
	VMOVUPS (DI)(R10*1), Z24
	TIMES1(0, Z27, Z0)
	TIMES1(4, Z28, Z1)
	TIMES1(8, Z27, Z2)
	TIMES1(12, Z28, Z3)
	TIMES1(16, Z27, Z4)
	TIMES1(20, Z28, Z5)
	TIMES1(24, Z27, Z6)
	TIMES1(28, Z28, Z7)
	ADDQ $32, SI
	DECQ CX
	JNZ  tap

	CMPQ accumulate+48(FP), $0
	JNE  add
	STORE1(Z0)
	STORE1(Z1)
	STORE1(Z2)
	STORE1(Z3)
	STORE1(Z4)
	STORE1(Z5)
	STORE1(Z6)
	STORE1(Z7)
	VZEROUPPER
	RET

add:
	ADD1(Z0)
	ADD1(Z1)
	ADD1(Z2)
	ADD1(Z3)
	ADD1(Z4)
	ADD1(Z5)
	ADD1(Z6)
	ADD1(Z7)
	VZEROUPPER
	RET

#define DOT3(a, r0, r1, r2) \
	VFMADD231PS Z24, a, r0; \
	VFMADD231PS Z25, a, r1; \
	VFMADD231PS Z26, a, r2

// REDUCE adds up the 16 values of four registers and stores the four sums side by side.
#define REDUCE(at, z0, z1, z2, z3, y0, y1, y2, y3) \
	VEXTRACTF64X4 $1, z0, Y28; \
	VEXTRACTF64X4 $1, z1, Y29; \
	VEXTRACTF64X4 $1, z2, Y30; \
	VEXTRACTF64X4 $1, z3, Y31; \
	VADDPS Y28, y0, Y0; \
	VADDPS Y29, y1, Y3; \
	VADDPS Y30, y2, Y6; \
	VADDPS Y31, y3, Y9; \
	VHADDPS Y3, Y0, Y0; \
	VHADDPS Y9, Y6, Y6; \
	VHADDPS Y6, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X3; \
	VADDPS X3, X0, X0; \
	VMOVUPS X0, at(AX)

// func dot512(steps int, a *float32, aRow int, b0, b1, b2, out *float32)
//
// SI and R12 point to rows 0 and 4 of a, R10 is the distance of its rows, R11 three times that; BX, DX, DI point to the
// rows of b. R9 and R13 take a and b from the end of one image to the start of the next.
TEXT ·dot512(SB), NOSPLIT, $0-56
	MOVQ a+8(FP), SI
	MOVQ aRow+16(FP), R10
	MOVQ b0+24(FP), BX
	MOVQ b1+32(FP), DX
	MOVQ b2+40(FP), DI
	SHLQ $2, R10
	LEAQ (R10)(R10*2), R11
	LEAQ (SI)(R10*4), R12
	MOVQ steps+0(FP), CX
	CLEAR(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	CLEAR(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)

step:
	VMOVUPS (BX), Z24
	VMOVUPS (DX), Z25
	VMOVUPS (DI), Z26
	VMOVUPS (SI), Z27
	VMOVUPS (SI)(R10*1), Z28
	VMOVUPS (SI)(R10*2), Z29
	VMOVUPS (SI)(R11*1), Z30
	DOT3(Z27, Z0, Z1, Z2)
	DOT3(Z28, Z3, Z4, Z5)
	DOT3(Z29, Z6, Z7, Z8)
	DOT3(Z30, Z9, Z10, Z11)
	VMOVUPS (R12), Z27
	VMOVUPS (R12)(R10*1), Z28
	VMOVUPS (R12)(R10*2), Z29
	VMOVUPS (R12)(R11*1), Z30
	DOT3(Z27, Z12, Z13, Z14)
	DOT3(Z28, Z15, Z16, Z17)
	DOT3(Z29, Z18, Z19, Z20)
	DOT3(Z30, Z21, Z22, Z23)
	ADDQ $64, SI
	ADDQ $64, R12
	ADDQ $64, BX
	ADDQ $64, DX
	ADDQ $64, DI
	DECQ CX
	JNZ  step

	MOVQ out+48(FP), AX
	REDUCE(0, Z0, Z3, Z6, Z9, Y0, Y3, Y6, Y9)
	REDUCE(16, Z12, Z15, Z18, Z21, Y12, Y15, Y18, Y21)
	REDUCE(32, Z1, Z4, Z7, Z10, Y1, Y4, Y7, Y10)
	REDUCE(48, Z13, Z16, Z19, Z22, Y13, Y16, Y19, Y22)
	REDUCE(64, Z2, Z5, Z8, Z11, Y2, Y5, Y8, Y11)
	REDUCE(80, Z14, Z17, Z20, Z23, Y14, Y17, Y20, Y23)
	VZEROUPPER
	RET

// func product512x3(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)
TEXT ·product512x3(SB), NOSPLIT, $0-72
	PRODUCT_ARGUMENTS
	LEAQ (SI)(R11*4), R13
	CLEAR(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	CLEAR(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)

term:
	VMOVUPS (DI), Z24
	VMOVUPS 64(DI), Z25
	VMOVUPS 128(DI), Z26
	PRODUCT3((SI), Z27, Z0, Z1, Z2)
	PRODUCT3((SI)(R11*1), Z28, Z3, Z4, Z5)
	PRODUCT3((SI)(R11*2), Z27, Z6, Z7, Z8)
	PRODUCT3((SI)(R12*1), Z28, Z9, Z10, Z11)
	PRODUCT3((R13), Z27, Z12, Z13, Z14)
	PRODUCT3((R13)(R11*1), Z28, Z15, Z16, Z17)
	PRODUCT3((R13)(R11*2), Z27, Z18, Z19, Z20)
	PRODUCT3((R13)(R12*1), Z28, Z21, Z22, Z23)
	ADDQ R14, SI
	ADDQ R14, R13
	ADDQ R8, DI
	DECQ CX
	JNZ  term

	CMPQ accumulate+64(FP), $0
	JNE  add
	STORE3(Z0, Z1, Z2)
	STORE3(Z3, Z4, Z5)
	STORE3(Z6, Z7, Z8)
	STORE3(Z9, Z10, Z11)
	STORE3(Z12, Z13, Z14)
	STORE3(Z15, Z16, Z17)
	STORE3(Z18, Z19, Z20)
	STORE3(Z21, Z22, Z23)
	VZEROUPPER
	RET

add:
	ADD3(Z0, Z1, Z2)
	ADD3(Z3, Z4, Z5)
	ADD3(Z6, Z7, Z8)
	ADD3(Z9, Z10, Z11)
	ADD3(Z12, Z13, Z14)
	ADD3(Z15, Z16, Z17)
	ADD3(Z18, Z19, Z20)
	ADD3(Z21, Z22, Z23)
	VZEROUPPER
	RET

// func product512x2(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)
TEXT ·product512x2(SB), NOSPLIT, $0-72
	PRODUCT_ARGUMENTS
	LEAQ (SI)(R11*4), R13
	CLEAR(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)

term:
	VMOVUPS (DI), Z24
	VMOVUPS 64(DI), Z25
	PRODUCT2((SI), Z27, Z0, Z1)
	PRODUCT2((SI)(R11*1), Z28, Z2, Z3)
	PRODUCT2((SI)(R11*2), Z27, Z4, Z5)
	PRODUCT2((SI)(R12*1), Z28, Z6, Z7)
	PRODUCT2((R13), Z27, Z8, Z9)
	PRODUCT2((R13)(R11*1), Z28, Z10, Z11)
	PRODUCT2((R13)(R11*2), Z27, Z12, Z13)
	PRODUCT2((R13)(R12*1), Z28, Z14, Z15)
	ADDQ R14, SI
	ADDQ R14, R13
	ADDQ R8, DI
	DECQ CX
	JNZ  term

	CMPQ accumulate+64(FP), $0
	JNE  add
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	STORE2(Z4, Z5)
	STORE2(Z6, Z7)
	STORE2(Z8, Z9)
	STORE2(Z10, Z11)
	STORE2(Z12, Z13)
	STORE2(Z14, Z15)
	VZEROUPPER
	RET

add:
	ADD2(Z0, Z1)
	ADD2(Z2, Z3)
	ADD2(Z4, Z5)
	ADD2(Z6, Z7)
	ADD2(Z8, Z9)
	ADD2(Z10, Z11)
	ADD2(Z12, Z13)
	ADD2(Z14, Z15)
	VZEROUPPER
	RET

// func product512x1(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)
TEXT ·product512x1(SB), NOSPLIT, $0-72
	PRODUCT_ARGUMENTS
	LEAQ (SI)(R11*4), R13
	CLEAR(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)

term:
	VMOVUPS (DI), Z24
	PRODUCT1((SI), Z27, Z0)
	PRODUCT1((SI)(R11*1), Z28, Z1)
	PRODUCT1((SI)(R11*2), Z27, Z2)
	PRODUCT1((SI)(R12*1), Z28, Z3)
	PRODUCT1((R13), Z27, Z4)
	PRODUCT1((R13)(R11*1), Z28, Z5)
	PRODUCT1((R13)(R11*2), Z27, Z6)
	PRODUCT1((R13)(R12*1), Z28, Z7)
	ADDQ R14, SI
	ADDQ R14, R13
	ADDQ R8, DI
	DECQ CX
	JNZ  term

	CMPQ accumulate+64(FP), $0
	JNE  add
	STORE1(Z0)
	STORE1(Z1)
	STORE1(Z2)
	STORE1(Z3)
	STORE1(Z4)
	STORE1(Z5)
	STORE1(Z6)
	STORE1(Z7)
	VZEROUPPER
	RET

add:
	ADD1(Z0)
	ADD1(Z1)
	ADD1(Z2)
	ADD1(Z3)
	ADD1(Z4)
	ADD1(Z5)
	ADD1(Z6)
	ADD1(Z7)
	VZEROUPPER
	RET
