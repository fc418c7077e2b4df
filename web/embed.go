package web

import "embed"

// Files are templates/*.html and static/.
//
//go:embed templates static
var Files embed.FS
