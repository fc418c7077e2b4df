//go:build noasm || !amd64

package kernel

// Without assembly denormal numbers are what they are, and slow.
func flushed() uint32  { return 0 }
func unflushed(uint32) {}
