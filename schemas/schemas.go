// Package schemas holds the JSON Schema of plans, generated from the types that package plan reads by.
package schemas

import _ "embed"

// Plan is the schema of a plan's root file; an included file is #/$defs/included.
//
//go:embed plan.schema.json
var Plan []byte
