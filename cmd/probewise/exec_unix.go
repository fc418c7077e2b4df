//go:build unix

package main

import "syscall"

// execute replaces this process by another program.
func execute(binary string, arguments, environ []string) error {
	return syscall.Exec(binary, arguments, environ)
}
