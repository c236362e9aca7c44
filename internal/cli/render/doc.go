// Package render writes what commands show: tables within a width, JSON, CSV cells, SARIF, annotations of GitHub, findings
// with the line that they are about, differences, forecasts and the progress of recordings.
//
// Values come in, bytes go out: it reads no store, no flag and no environment. Every text of a plan or of the service
// passes view.Line before a terminal sees it, and every line of a plan passes rundown/internal/redact. Start reading at
// output.go and width.go.
package render
