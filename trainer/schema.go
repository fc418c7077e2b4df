package trainer

import (
	_ "embed"
	"slices"
)

//go:generate go test -run ^TestSchemaFile$ -update .

//go:embed architecture.schema.json
var schemaJSON []byte

// SchemaJSON is the JSON Schema (2020-12) of the architecture JSON, for editors and other tools. It follows from the
// same tables as the parser. What needs arithmetic (shapes, the end of the network, the caps, names that must differ)
// only Parse checks.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }
