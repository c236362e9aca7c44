package render

import (
	"fmt"
	"io"
	"strings"

	"rundown/internal/planfile"
	"rundown/runner/view"
)

// What a workflow command of GitHub Actions escapes: in the message what would end the line, in a property also what
// would end the property.
// Source: https://github.com/actions/toolkit/blob/main/docs/commands.md and packages/core/src/command.ts beside it.
var (
	commandText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// Annotations writes each finding as a workflow command, which GitHub Actions shows at its line.
// Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func Annotations(w io.Writer, plans []planfile.Checked, folder string) error {
	for _, f := range placedFindings(plans) {
		if _, err := fmt.Fprintln(w, f.annotation(folder)); err != nil {
			return err
		}
	}
	return nil
}

// annotation is the workflow command of a finding, without the end of its line.
func (f placedFinding) annotation(folder string) string {
	var b strings.Builder
	b.WriteString("::" + looksOf(f.Severity).annotation)
	separator := " "
	property := func(name, value string) {
		b.WriteString(separator + name + "=" + commandProperty.Replace(value))
		separator = ","
	}
	number := func(name string, n int) { property(name, fmt.Sprint(n)) }
	property("file", relativeFile(f.file, folder))
	if f.Pos.Line > 0 {
		number("line", f.Pos.Line)
		// Columns are for annotations of one line; with another end line they are refused.
		if f.Pos.EndLine > f.Pos.Line {
			number("endLine", f.Pos.EndLine)
		} else if f.Pos.Column > 0 {
			number("col", f.Pos.Column)
			if f.Pos.EndColumn > f.Pos.Column {
				number("endColumn", f.Pos.EndColumn)
			}
		}
	}
	property("title", f.Rule)
	lines := []string{view.Line(f.Message)}
	if f.Hint != "" {
		for i, line := range strings.Split(f.Hint, "\n") {
			if i == 0 {
				line = "hint: " + line
			}
			lines = append(lines, view.Line(line))
		}
	}
	if f.Source != "" {
		lines = append(lines, "source: "+view.Line(f.Source))
	}
	b.WriteString("::" + commandText.Replace(strings.Join(lines, "\n")))
	return b.String()
}
