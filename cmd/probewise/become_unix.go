//go:build unix

package main

import "syscall"

// become replaces this process by another program.
func become(binary string, arguments, environ []string) error {
	return syscall.Exec(binary, arguments, environ)
}
