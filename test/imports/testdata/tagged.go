//go:build never

// Package forest stands for a file that a build tag hides; its import is forbidden.
package forest

import _ "probewise/db"
