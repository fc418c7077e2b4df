package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"probewise/trainer"
)

// encoding/json takes "EPOCHS" for "epochs" and the last of two members of a name, where what was meant is not known.
func init() { huma.ValidateStrictCasing = true }

// checkMembers refuses a JSON document that has two members of one name in an object. What is no JSON is left to its
// reader, and architectures are to their parser.
func checkMembers(document []byte) error {
	var twice []Detail
	d := json.NewDecoder(bytes.NewReader(document))
	if err := members(d, "", deepestMember, &twice); err != nil || len(twice) == 0 {
		return nil //nolint:nilerr // its reader says what is wrong with it
	}
	return NewProblem(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid",
		"a member is there twice", twice...)
}

// deepestMember is how deep documents are looked at: no request has members further down, and each level takes a stack
// frame.
const deepestMember = 20

var errTooDeep = errors.New("no request is so deep")

// members goes through the value that comes next and notes the places of members that are there twice.
func members(d *json.Decoder, at string, deeper int, twice *[]Detail) error {
	if deeper == 0 {
		return errTooDeep
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			key, _ := name.(string) // the decoder takes nothing else
			place := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
			if seen[key] {
				*twice = append(*twice, Detail{Pointer: place, Code: "duplicate-key", Message: "the member is there twice"})
			}
			seen[key] = true
			if place == "/architecture" {
				if err := d.Decode(new(json.RawMessage)); err != nil {
					return err
				}
			} else if err := members(d, place, deeper-1, twice); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			if err := members(d, at+"/"+strconv.Itoa(i), deeper-1, twice); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

// misfit is what encoding/json says of a value that its member cannot hold, which the schema has let through: a number
// that is too large. Its words name Go's types and repeat the value.
func misfit(message string) (Detail, bool) {
	_, rest, found := strings.Cut(message, "Go struct field ")
	field, _, typed := strings.Cut(rest, " of type ")
	_, path, named := strings.Cut(field, ".")
	if !found || !typed || !named {
		return Detail{}, false
	}
	return Detail{
		Pointer: "/" + strings.ReplaceAll(path, ".", "/"),
		Code:    trainer.CodeOutOfRange,
		Message: "the number is out of range",
	}, true
}
