package corpus

import (
	"embed"
	"io/fs"
	"sync"

	"probewise/advisor"
)

//go:embed data
var shipped embed.FS

// Shipped returns the past runs that come with the program.
var Shipped = sync.OnceValues(func() ([]Entry, error) {
	folder, err := fs.Sub(shipped, "data")
	if err != nil {
		return nil, err
	}
	return Read(folder)
})

// Of returns the runs of a key.
func Of(entries []Entry, k advisor.Key) []advisor.PastRun {
	var runs []advisor.PastRun
	for _, e := range entries {
		if e.Key == k {
			runs = append(runs, e.PastRun)
		}
	}
	return runs
}

//go:embed pairs
var shippedPairs embed.FS

// ShippedPairs returns the runs with and without changes that come with the program (DrawPairs).
var ShippedPairs = sync.OnceValues(func() ([]Entry, error) {
	folder, err := fs.Sub(shippedPairs, "pairs")
	if err != nil {
		return nil, err
	}
	return Read(folder)
})
