// Package schemas holds the JSON Schema of plans, generated from the types that package plan reads by, and the OpenAPI
// document of the JSON API, generated from the types that it answers with.
package schemas

import _ "embed"

// Plan is the schema of a plan's root file; an included file is #/$defs/included.
//
//go:embed plan.schema.json
var Plan []byte

// OpenAPI is the document of the API that `rundown run` serves under /api/v1.
//
//go:embed openapi.json
var OpenAPI []byte
