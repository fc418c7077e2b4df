package trainer

// Buffer is a float32 array that lives where its backend computes.
type Buffer interface {
	Len() int
}

// Call is one operation on buffers, in the order that the op's documentation lists. Buffers may be longer than the op
// needs: ops use the front. In and Out never overlap unless the op says "changed in place".
type Call struct {
	Op      Op
	In, Out []Buffer
}

// Step is what changes from one training step to the next.
type Step struct {
	Index        uint64 // number of this update, from 1
	LearningRate float32
	Key          uint64 // seed of the run's dropout masks
}

// SliceStep is what slices of buffers begin at multiples of: 16 bytes, as devices load vectors.
const SliceStep = 4

// Backend computes on one device. It is used by one goroutine at a time. The same calls on the same data give the same
// bits, whatever the number of threads. Denormal numbers may be taken as 0.
type Backend interface {
	Memory
	// Device says what computes, for people: "cpu: gonum, 2 threads".
	Device() string
	// Run computes the calls in order. An error names the op.
	Run(calls []Call, at Step) error
	// Close frees all buffers.
	Close() error
}

// Memory is where a backend computes.
type Memory interface {
	// Alloc returns n zeros.
	Alloc(n int) (Buffer, error)
	// Slice returns n values of b, from the given one on, as a buffer: the same memory. from is a multiple of
	// SliceStep.
	Slice(b Buffer, from, n int) (Buffer, error)
	Upload(dst Buffer, src []float32) error
	Download(dst []float32, src Buffer) error
}
