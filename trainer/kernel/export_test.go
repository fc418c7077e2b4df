package kernel

// Variants lists what runs on this processor.
func Variants() []string {
	var names []string
	for _, v := range variants() {
		names = append(names, string(v))
	}
	return names
}

// NewVariant starts a backend with the named matrix products.
func NewVariant(threads int, name string) (*CPU, error) {
	v, err := choose(name, variants())
	if err != nil {
		return nil, err
	}
	return newCPU(threads, v)
}
