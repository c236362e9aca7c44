// Package schemas holds two generated documents: the JSON Schema of plans, made by plan/load from the types that it decodes files
// into, and the OpenAPI document of the JSON API, made by runner/web/api from the types of its requests and answers. make schema
// writes both. The files are for editors and for who writes a client; the package is for tests, which hold them against the types.
// What the schema command prints and the API serves is generated from the types anew.
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
