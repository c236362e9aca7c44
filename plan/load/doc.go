// Package load reads plans: YAML files in, a [plan.Plan] and findings with positions out.
//
// [Load] is the entry. A file goes through the parser of yaml.v3 (syntax.go), the decoder, which fills the types of file.go
// in one pass over the nodes (decode.go, forms.go), validator/v10, which runs the tags of those types (fields.go), and the
// builder, which resolves names and lays settings over one another (build.go, recording.go, layer.go). Each finding has
// a hint, and an edit where one is certain; the files that end in _hint and _words find what was meant.
// [Schema] makes the JSON Schema from the same types.
//
// Load finds what is wrong with a file or a single value. What takes more than one value is for package rules.
package load
