package render

import (
	"encoding/json"
	"io"

	"github.com/fatih/color"
	"github.com/jedib0t/go-pretty/v6/table"

	"rundown/runner/view"
)

// JSON writes a value as scripts read it: indented by two spaces, nothing escaped for HTML.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// OrNull is a text for JSON: null where there is none.
func OrNull(s string) *string { return view.OrNull(s) }

// NewTable is a table as all commands print it: no frame, two spaces between columns.
func NewTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	if len(header) > 0 {
		t.AppendHeader(header)
	}
	return t
}

// Line makes a text of a plan or of the service fit for a terminal's line.
func Line(s string) string { return view.Line(s) }

// Palette colours what people read. The zero value does not.
type Palette struct{ On bool }

// Paint gives a text the attributes, or as it is where colours are off.
func (p Palette) Paint(s string, attributes ...color.Attribute) string {
	if !p.On {
		return s
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(s)
}
