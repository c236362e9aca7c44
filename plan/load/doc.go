// Package load reads plans: YAML files go in, and a [plan.Plan] and findings with positions come out.
//
// [Load] is the entry point; a plan is as complete as its mistakes allow. Each file takes this way:
//
//	syntax.go                  the parser of yaml.v3, and exact positions for its errors; line_scan.go walks through what it refuses
//	decode.go, forms.go        the decoder fills the types of file.go in one pass over the nodes
//	fields.go                  validator/v10 runs the validate tags of these types
//	build.go, recording.go     the builder resolves names and makes the plan
//	layer.go                   settings: the program's defaults, those of the files, the recording, the change
//
// Where the form of a file is wrong and its meaning plain, what is meant is read and the form reported: unnamed.go for definitions
// without names, comma.go for values that a comma cuts, invisible.go for spaces that YAML does not know, layout.go for lines that are
// indented wrongly or lack a colon, when_words.go for times with keys.
//
// The small parsers (when_parse.go, day_parse.go, clock_parse.go, change_parse.go, cron.go) turn text into the model. Every
// finding has a hint where one is possible, and an edit where it is certain; the files that end in _hint and _words find
// what was meant. [Schema] makes the JSON Schema from the same types.
//
// Load finds what is wrong with a file or a single value. What takes more than one value belongs to plan/rules.
package load
