package kernel

import "math/bits"

// The constants of section 3.3: multipliers of words 0 and 2, and what a round adds to each half of the key.
const (
	multiply0, multiply2 = 0xD2511F53, 0xCD9E8D57
	weyl0, weyl1         = 0x9E3779B9, 0xBB67AE85
)

// Philox is the counter-based generator Philox4x32-10 of Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy
// as 1, 2, 3" (SC 2011): four random words for every counter and key, in any order.
func Philox(counter [4]uint32, key [2]uint32) [4]uint32 {
	c0, c1, c2, c3 := counter[0], counter[1], counter[2], counter[3]
	k0, k1 := key[0], key[1]
	for range 10 {
		hi0, lo0 := bits.Mul32(multiply0, c0)
		hi2, lo2 := bits.Mul32(multiply2, c2)
		c0, c1, c2, c3 = hi2^c1^k0, lo2, hi0^c3^k1, lo0
		k0 += weyl0
		k1 += weyl1
	}
	return [4]uint32{c0, c1, c2, c3}
}
