//go:build !unix

package main

import "errors"

// become replaces this process by another program, which only Unix systems can.
func become(string, []string, []string) error {
	return errors.New("this system cannot replace a running program; start the other one yourself")
}
