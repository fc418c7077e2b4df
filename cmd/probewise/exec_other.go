//go:build !unix

package main

import "errors"

// execute replaces this process by another program, which only Unix systems can.
func execute(string, []string, []string) error {
	return errors.New("this system cannot replace a running program; start the other one yourself")
}
