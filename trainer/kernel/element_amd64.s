//go:build !noasm

#include "textflag.h"

// Elementwise loops in AVX2 and FMA. n is a multiple of 8 and at least 8.

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

// func adam256(n int, d, w, m, v *float32, k *adamConstants)
TEXT ·adam256(SB), NOSPLIT, $0-48
	MOVQ n+0(FP), CX
	MOVQ d+8(FP), SI
	MOVQ w+16(FP), DI
	MOVQ m+24(FP), BX
	MOVQ v+32(FP), DX
	MOVQ k+40(FP), AX
	VBROADCASTSS (AX), Y0    // beta1
	VBROADCASTSS 4(AX), Y1   // 1 − beta1
	VBROADCASTSS 8(AX), Y2   // beta2
	VBROADCASTSS 12(AX), Y3  // 1 − beta2
	VBROADCASTSS 16(AX), Y4  // rate
	VBROADCASTSS 20(AX), Y5  // epsilon
	VBROADCASTSS 24(AX), Y6  // keep

loop:
	VMOVUPS (SI), Y7
	VMULPS (BX), Y0, Y8
	VFMADD231PS Y7, Y1, Y8
	VMOVUPS Y8, (BX)
	VMULPS Y7, Y7, Y7
	VMULPS (DX), Y2, Y9
	VFMADD231PS Y7, Y3, Y9
	VMOVUPS Y9, (DX)
	VSQRTPS Y9, Y9
	VADDPS Y5, Y9, Y9
	VMULPS Y4, Y8, Y8
	VDIVPS Y9, Y8, Y8
	VMOVUPS (DI), Y10
	VFMSUB213PS Y8, Y6, Y10
	VMOVUPS Y10, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $32, BX
	ADDQ $32, DX
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func rmsprop256(n int, d, w, s *float32, rate, rho, epsilon float32)
TEXT ·rmsprop256(SB), NOSPLIT, $0-44
	MOVQ n+0(FP), CX
	MOVQ d+8(FP), SI
	MOVQ w+16(FP), DI
	MOVQ s+24(FP), DX
	VBROADCASTSS rate+32(FP), Y0
	VBROADCASTSS rho+36(FP), Y1
	VBROADCASTSS epsilon+40(FP), Y2
	MOVL $0x3f800000, AX
	MOVL AX, X3
	VBROADCASTSS X3, Y3
	VSUBPS Y1, Y3, Y3 // 1 − rho

loop:
	VMOVUPS (SI), Y4
	VMULPS Y4, Y4, Y5
	VMULPS (DX), Y1, Y6
	VFMADD231PS Y5, Y3, Y6
	VMOVUPS Y6, (DX)
	VSQRTPS Y6, Y6
	VADDPS Y2, Y6, Y6
	VMULPS Y0, Y4, Y4
	VDIVPS Y6, Y4, Y4
	VMOVUPS (DI), Y5
	VSUBPS Y4, Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $32, DX
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func count256(n int, x *float32, below float32, t *counts)
//
// Values that are NaN or Inf count as 0 in the sums and not at all elsewhere.
TEXT ·count256(SB), NOSPLIT, $0-32
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), SI
	VBROADCASTSS below+16(FP), Y0
	MOVQ t+24(FP), DI
	MOVL $0x7fffffff, AX
	MOVL AX, X1
	VBROADCASTSS X1, Y1     // all but the sign
	MOVL $0x7f800000, AX
	MOVL AX, X2
	VBROADCASTSS X2, Y2     // +Inf
	VXORPS Y3, Y3, Y3       // zero
	VXORPS Y4, Y4, Y4       // sums
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6       // squares
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8       // largest
	VPXOR Y9, Y9, Y9        // −finite
	VPXOR Y10, Y10, Y10     // −below
	VPXOR Y11, Y11, Y11     // −zeros

loop:
	VMOVUPS (SI), Y12
	VANDPS Y1, Y12, Y13
	VCMPPS $0x11, Y2, Y13, Y14 // finite
	VPADDD Y14, Y9, Y9
	VANDPS Y14, Y12, Y12
	VCMPPS $0x11, Y0, Y13, Y15 // below
	VANDPS Y14, Y15, Y15
	VPADDD Y15, Y10, Y10
	VCMPPS $0x00, Y3, Y13, Y15 // zero
	VPADDD Y15, Y11, Y11
	VANDPS Y14, Y13, Y13
	VMAXPS Y13, Y8, Y8
	VCVTPS2PD X12, Y13
	VEXTRACTF128 $1, Y12, X14
	VCVTPS2PD X14, Y14
	VADDPD Y13, Y4, Y4
	VADDPD Y14, Y5, Y5
	VFMADD231PD Y13, Y13, Y6
	VFMADD231PD Y14, Y14, Y7
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop

	VADDPD Y5, Y4, Y4
	VADDPD Y7, Y6, Y6
	TOTAL(Y4, X4, X5)
	TOTAL(Y6, X6, X7)
	VMOVSD X4, (DI)
	VMOVSD X6, 8(DI)
	VMOVUPS Y8, 16(DI)
	VMOVDQU Y9, 48(DI)
	VMOVDQU Y10, 80(DI)
	VMOVDQU Y11, 112(DI)
	VZEROUPPER
	RET
