//go:build !linux

package main

// lowPriority leaves the priority to the user's nice.
func lowPriority() {}
