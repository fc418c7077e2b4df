//go:build never

// Package forest is an example of a file that a build tag hides; its import is forbidden.
package forest

import _ "probewise/db"
