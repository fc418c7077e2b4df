//go:build !noasm

#include "textflag.h"

// Elementwise loops in AVX2 and FMA. n is a multiple of 8 and at least 8 unless said otherwise.

// func affine256(n int, x, y *float32, mean, scale, shift float32)
TEXT ·affine256(SB), NOSPLIT, $0-36
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	VBROADCASTSS mean+24(FP), Y0
	VBROADCASTSS scale+28(FP), Y1
	VBROADCASTSS shift+32(FP), Y2

loop:
	VMOVUPS (SI), Y3
	VSUBPS Y0, Y3, Y3
	VFMADD213PS Y2, Y1, Y3
	VMOVUPS Y3, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// The first so many of eight lanes: ones, then zeros.
DATA lanes<>+0(SB)/8, $-1
DATA lanes<>+8(SB)/8, $-1
DATA lanes<>+16(SB)/8, $-1
DATA lanes<>+24(SB)/8, $-1
DATA lanes<>+32(SB)/8, $0
DATA lanes<>+40(SB)/8, $0
DATA lanes<>+48(SB)/8, $0
DATA lanes<>+56(SB)/8, $0
GLOBL lanes<>(SB), RODATA|NOPTR, $64

// func copyRows256(rows, n int, from *float32, fromStride int, to *float32, toStride int)
//
// Rows of n values, at least one of each.
TEXT ·copyRows256(SB), NOSPLIT, $0-48
	MOVQ rows+0(FP), R8
	MOVQ n+8(FP), DX
	MOVQ from+16(FP), SI
	MOVQ fromStride+24(FP), R10
	MOVQ to+32(FP), DI
	MOVQ toStride+40(FP), R11
	SHLQ $2, R10
	SHLQ $2, R11
	MOVQ DX, BX
	ANDQ $7, BX
	SHLQ $2, BX
	LEAQ lanes<>+32(SB), AX
	SUBQ BX, AX
	VMOVDQU (AX), Y15
	SHRQ $3, DX
	SHLQ $5, DX // bytes in whole vectors

row:
	XORQ CX, CX
	CMPQ CX, DX
	JEQ  rest

whole:
	VMOVUPS (SI)(CX*1), Y0
	VMOVUPS Y0, (DI)(CX*1)
	ADDQ $32, CX
	CMPQ CX, DX
	JNE  whole

rest:
	TESTQ BX, BX
	JZ    next
	VMASKMOVPS (SI)(CX*1), Y15, Y0
	VMASKMOVPS Y0, Y15, (DI)(CX*1)

next:
	ADDQ R10, SI
	ADDQ R11, DI
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET

// func add256(n int, a, b, sum *float32)
TEXT ·add256(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ sum+24(FP), DI

loop:
	VMOVUPS (SI), Y0
	VADDPS (BX), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, BX
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func rectify256(n int, x, y *float32, slope float32)
//
// Negative values times the slope, plus zero so that relu gives 0 and not −0.
TEXT ·rectify256(SB), NOSPLIT, $0-28
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	VBROADCASTSS slope+24(FP), Y0
	VXORPS Y1, Y1, Y1

loop:
	VMOVUPS (SI), Y2
	VMOVAPS Y2, Y3
	VFMADD213PS Y1, Y0, Y3
	VCMPPS $0x11, Y1, Y2, Y4   // x < 0
	VBLENDVPS Y4, Y3, Y2, Y2
	VMOVUPS Y2, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func rectifyGrad256(n int, y, dy, dx *float32, slope float32)
TEXT ·rectifyGrad256(SB), NOSPLIT, $0-36
	MOVQ n+0(FP), CX
	MOVQ y+8(FP), SI
	MOVQ dy+16(FP), BX
	MOVQ dx+24(FP), DI
	VBROADCASTSS slope+32(FP), Y0
	VXORPS Y1, Y1, Y1

loop:
	VMOVUPS (BX), Y2
	VMULPS Y0, Y2, Y3
	VMOVUPS (SI), Y4
	VCMPPS $0x1E, Y1, Y4, Y4   // y > 0
	VBLENDVPS Y4, Y2, Y3, Y3
	VMOVUPS Y3, (DI)
	ADDQ $32, SI
	ADDQ $32, BX
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func normGrad256(n int, x, dy, dx *float32, mean, scale, level, slope float32)
TEXT ·normGrad256(SB), NOSPLIT, $0-48
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	MOVQ dy+16(FP), BX
	MOVQ dx+24(FP), DI
	VBROADCASTSS mean+32(FP), Y0
	VBROADCASTSS scale+36(FP), Y1
	VBROADCASTSS level+40(FP), Y2
	VBROADCASTSS slope+44(FP), Y3

loop:
	VMOVUPS (SI), Y4
	VSUBPS Y0, Y4, Y4
	VMOVUPS (BX), Y5
	VSUBPS Y2, Y5, Y5
	VFNMADD231PS Y4, Y3, Y5
	VMULPS Y1, Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ $32, SI
	ADDQ $32, BX
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// TOTAL adds up four doubles of r into its lowest.
#define TOTAL(r, x, t) \
	VEXTRACTF128 $1, r, t; \
	VADDPD t, x, x; \
	VUNPCKHPD x, x, t; \
	VADDSD t, x, x

// func sum256(n int, x *float32) float64
TEXT ·sum256(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VADDPD Y2, Y0, Y0
	VADDPD Y3, Y1, Y1
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VADDPD Y1, Y0, Y0
	TOTAL(Y0, X0, X2)
	VMOVSD X0, ret+16(FP)
	VZEROUPPER
	RET

// func squares256(n int, x *float32, mean float64) float64
TEXT ·squares256(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	VBROADCASTSD mean+16(FP), Y4
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VSUBPD Y4, Y2, Y2
	VSUBPD Y4, Y3, Y3
	VFMADD231PD Y2, Y2, Y0
	VFMADD231PD Y3, Y3, Y1
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VADDPD Y1, Y0, Y0
	TOTAL(Y0, X0, X2)
	VMOVSD X0, ret+24(FP)
	VZEROUPPER
	RET

// func moments256(n int, x *float32, mean float64) (second, fourth float64)
TEXT ·moments256(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	VBROADCASTSD mean+16(FP), Y4
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6

loop:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VSUBPD Y4, Y2, Y2
	VSUBPD Y4, Y3, Y3
	VMULPD Y2, Y2, Y2
	VMULPD Y3, Y3, Y3
	VADDPD Y2, Y0, Y0
	VADDPD Y3, Y1, Y1
	VFMADD231PD Y2, Y2, Y5
	VFMADD231PD Y3, Y3, Y6
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VADDPD Y1, Y0, Y0
	TOTAL(Y0, X0, X2)
	VADDPD Y6, Y5, Y5
	TOTAL(Y5, X5, X2)
	VMOVSD X0, second+24(FP)
	VMOVSD X5, fourth+32(FP)
	VZEROUPPER
	RET

// func zeros256(n int, x *float32) uint64
TEXT ·zeros256(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	VXORPS Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

loop:
	VCMPPS $0x00, (SI), Y0, Y2
	VPSUBD Y2, Y1, Y1
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VEXTRACTI128 $1, Y1, X2
	VPADDD X2, X1, X1
	VPSHUFD $0x4E, X1, X2
	VPADDD X2, X1, X1
	VPSHUFD $0xB1, X1, X2
	VPADDD X2, X1, X1
	VMOVD X1, AX
	MOVQ AX, ret+16(FP)
	VZEROUPPER
	RET

// func products256(n int, x, dy *float32, mean float64) (sum, product float64)
TEXT ·products256(SB), NOSPLIT, $0-48
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	MOVQ dy+16(FP), BX
	VBROADCASTSD mean+24(FP), Y4
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6

loop:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VCVTPS2PD (BX), Y7
	VCVTPS2PD 16(BX), Y8
	VSUBPD Y4, Y2, Y2
	VSUBPD Y4, Y3, Y3
	VADDPD Y7, Y5, Y5
	VADDPD Y8, Y6, Y6
	VFMADD231PD Y2, Y7, Y0
	VFMADD231PD Y3, Y8, Y1
	ADDQ $32, SI
	ADDQ $32, BX
	SUBQ $8, CX
	JNZ  loop
	VADDPD Y1, Y0, Y0
	VADDPD Y6, Y5, Y5
	TOTAL(Y0, X0, X2)
	TOTAL(Y5, X5, X2)
	VMOVSD X5, sum+32(FP)
	VMOVSD X0, product+40(FP)
	VZEROUPPER
	RET
