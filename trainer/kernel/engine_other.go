//go:build noasm || !amd64

package kernel

// assembled lists no engines: gonum's products are all there is.
func assembled() []*engine { return nil }
