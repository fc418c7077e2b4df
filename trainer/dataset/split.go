package dataset

import (
	"fmt"
	"math/bits"
	"math/rand/v2"

	"probewise/trainer"
)

// What a random stream is for: streams of one seed must not be related.
const (
	streamSplit = iota + 1
	streamTestSubset
	streamOrder
	streamAugment
	streamFlip
	streamShiftRows
	streamShiftColumns
	streamTestHalf
	streamTestShare
	streamSamples
)

// Partition says which training images form a run that uses the given number of them: the first ones of a permutation
// of all training images, drawn from d.SplitSeed. Of these the first 10 % (rounded) are the validation set.
func Partition(d *trainer.Dataset, images int) (train, validation []int, err error) {
	all := d.Train.Len()
	if images < 5 || images > all {
		return nil, nil, fmt.Errorf("cannot use %d training images of data set %q: it has %d, and 5 are the least",
			images, d.Name, all)
	}
	p := permutation(all, d.SplitSeed, streamSplit)[:images]
	held := images - trainer.Budget{Images: images}.Training()
	return p[held:], p[:held:held], nil
}

// TestSubset returns n test images, always the same ones for a data set; all of them where it has no more than n.
func TestSubset(d *trainer.Dataset, n int) []int {
	all := d.Test.Len()
	return permutation(all, d.SplitSeed, streamTestSubset)[:max(0, min(n, all))]
}

// Order returns the indices in the order in which an epoch (from 0) of the run with this seed sees them. Batches are
// its consecutive pieces; the last one may be smaller.
func Order(indices []int, seed uint64, epoch int) []int {
	order := append([]int(nil), indices...)
	shuffle(order, mix(seed, streamOrder, uint64(epoch)))
	return order
}

func permutation(n int, seed, stream uint64) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	shuffle(p, mix(seed, stream, 0))
	return p
}

// shuffle is Fisher–Yates over PCG-DXSM. It is written out because the order must stay the same for ever, which
// rand.Shuffle does not promise. The multiply-shift draw (Lemire 2019) is left without rejection: its bias is below
// n/2⁶⁴.
func shuffle(p []int, key uint64) {
	source := rand.NewPCG(key, 0)
	for i := len(p) - 1; i > 0; i-- {
		j, _ := bits.Mul64(source.Uint64(), uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
}

// mix is a counter-based generator: 64 random bits for (seed, stream, counter), by the finaliser of SplitMix64
// (Steele, Lea, Flood 2014) over each in turn.
func mix(seed, stream, counter uint64) uint64 {
	return finalise(finalise(finalise(seed)+stream) + counter)
}

func finalise(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
