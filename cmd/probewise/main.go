// Command probewise is an automatic hyperparameter advisor for convolutional networks: see README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"probewise/forest/childprocess"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes of the program.
const (
	exitOK          = 0
	exitRejected    = 1 // the gate's policy failed
	exitUsage       = 2 // usage or bad input
	exitUnevaluated = 3 // could not evaluate
	exitInterrupted = 130
)

// exitError carries the exit code of an error that is not one of usage.
type exitError struct {
	code int
	err  error // nil: everything has been said
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	if childprocess.Is(args) {
		if err := childprocess.Serve(in, out); err != nil {
			fmt.Fprintln(errOut, err)
			return exitUnevaluated
		}
		return exitOK
	}
	root := newRoot(args, in, out, errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitUsage
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		err = exit.err
	}
	if ctx.Err() != nil {
		code = exitInterrupted
	}
	if err != nil {
		fmt.Fprintln(errOut, "probewise:", err)
	}
	return code
}
