package trainer

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write architecture.schema.json again")

func TestSchemaFile(t *testing.T) {
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(buildSchema()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("architecture.schema.json", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(SchemaJSON(), want.Bytes()) {
		t.Error("architecture.schema.json does not follow from the tables: run go generate ./trainer")
	}
}

// schemaVerdict validates with an independent implementation of JSON Schema.
func schemaVerdict(t *testing.T) func(document string) error {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	const url = "http://localhost" + SchemaID
	c := jsonschema.NewCompiler()
	if err := c.AddResource(url, schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return func(document string) error {
		t.Helper()
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(document)))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(v)
	}
}

// notInSchema are the codes of what the schema leaves to the parser.
var notInSchema = map[string]bool{
	CodeDuplicateKey: true, CodeDuplicateName: true, CodeDatasetMismatch: true, CodeNoWeights: true, CodeTooLarge: true,
	CodeTooManyParameters: true, CodeTooMuchMemory: true, CodeShrinksToZero: true, CodeNeedsFlatten: true,
	CodeNeedsImage: true, CodeShapesDiffer: true, CodeWrongUnits: true, CodeLastActivation: true, CodeLastLayer: true,
}

func TestSchemaAgreesWithParser(t *testing.T) {
	verdict := schemaVerdict(t)
	for name, document := range validDocuments() {
		if err := verdict(document); err != nil {
			t.Errorf("%s: the schema refuses what the parser takes: %v", name, err)
		}
		parsed, err := Parse([]byte(document), known)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := verdict(string(parsed.Architecture.Canonical())); err != nil {
			t.Errorf("%s: the schema refuses the canonical form: %v", name, err)
		}
	}
	refused := 0
	for _, c := range malformed {
		if c.beyondSchema || !json.Valid([]byte(c.document)) {
			continue
		}
		structural := false
		for _, f := range c.want {
			structural = structural || !notInSchema[f.Code]
		}
		if err := verdict(c.document); structural != (err != nil) {
			t.Errorf("%s: structurally wrong is %v, the schema says %v", c.name, structural, err)
		}
		if structural {
			refused++
		}
	}
	if refused < 30 {
		t.Errorf("only %d structurally wrong cases", refused)
	}
}
