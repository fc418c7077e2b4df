package forest

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inParallel calls do for 0…n−1, on as many processors as there are, and gives one of the errors. The library's trees
// are grown one at a time whatever the number (library.go), so that it changes no figure.
func inParallel(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i)
		})
	}
	return group.Wait()
}
