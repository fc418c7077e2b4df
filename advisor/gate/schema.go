package gate

import (
	"bytes"
	_ "embed" // the schema
)

// SchemaID is the $id of the policy's JSON Schema, and where the server serves it.
const SchemaID = "/schemas/policy/v1.json"

//go:embed policy.schema.json
var schemaJSON []byte

// SchemaJSON returns the JSON Schema (2020-12) of policies. What it accepts ParsePolicy accepts too, but for: keys that
// stand twice, exceptions that are blank or on days that the calendar does not have, a rule without options where the
// extended policy has none, and a policy whose rules are all off.
func SchemaJSON() []byte { return bytes.Clone(schemaJSON) }
