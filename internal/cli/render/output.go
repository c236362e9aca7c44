package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

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

// Plural counts things: 1 class, 2 classes.
func Plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return fmt.Sprintf("%d %ses", n, noun)
	default:
		return fmt.Sprintf("%d %ss", n, noun)
	}
}

// Cells makes texts of a plan fit for a spreadsheet: no control characters, no marks that turn the direction of other
// text, and nothing that is read as a formula.
func Cells(texts ...string) []string {
	for i, text := range texts {
		text = view.Line(text)
		if strings.HasPrefix(strings.TrimLeft(text, " "), "=") || text != "" && strings.ContainsRune("+-@＝＋－＠", []rune(text)[0]) {
			text = "'" + text
		}
		texts[i] = text
	}
	return texts
}

// NewTable is a table as all commands print it: no frame, two spaces between columns. Render writes it to w, unless that is nil.
func NewTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	if w != nil {
		t.SetOutputMirror(w)
	}
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

// RenderTable writes a table that has a sum below it. Where it is wider than width, the columns named spare are left out, as many as
// have to go.
func RenderTable(w io.Writer, width int, t table.Writer, spare ...string) {
	wide := func(line string) bool { return columns(line) > width }
	var hidden []table.ColumnConfig
	text := t.Render()
	for i := 0; i < len(spare) && slices.ContainsFunc(strings.Split(text, "\n"), wide); i++ {
		hidden = append(hidden, table.ColumnConfig{Name: spare[i], Hidden: true})
		t.SetColumnConfigs(hidden)
		text = t.Render()
	}
	fmt.Fprintln(w, text)
}

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
