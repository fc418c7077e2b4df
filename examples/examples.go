// Package examples embeds the example architectures, which the web form offers.
package examples

import "embed"

// Architectures are the examples, NAME.json.
//
//go:embed *.json
var Architectures embed.FS
