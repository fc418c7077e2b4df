//go:build !noasm

#include "textflag.h"

// Optimizers and statistics in AVX2 and FMA. n is a multiple of 8 and at least 8.

// TOTAL adds up four doubles of r into its lowest.
#define TOTAL(r, x, t) \
	VEXTRACTF128 $1, r, t; \
	VADDPD t, x, x; \
	VUNPCKHPD x, x, t; \
	VADDSD t, x, x

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
