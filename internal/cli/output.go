package cli

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/fatih/color"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/mattn/go-isatty"
)

// output is standard output. It remembers the first failure, so that a full disk ends in an exit status and not in
// half a result that looks whole.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

// writeJSON writes a value as scripts read it: indented by two spaces, nothing escaped for HTML.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// orNull is how an unknown text is written: null and not "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// newTable is a table as all commands print it: no frame, two spaces between columns.
func newTable(w io.Writer, header ...any) table.Writer {
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

// printable keeps the terminal's own characters out of what a plan or a service says.
func printable(r rune) rune {
	switch {
	case r == ' ', unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r):
		return r
	case unicode.IsSpace(r):
		return ' '
	default:
		return '\uFFFD'
	}
}

// shown makes a text of a plan or of the service fit for a terminal's line.
func shown(s string) string { return strings.Map(printable, s) }

// palette colours what people read. The zero value does not.
type palette struct{ on bool }

// paletteFor colours on a terminal only, and not where NO_COLOR (https://no-color.org) or a dumb terminal says so.
func (a *app) paletteFor(w io.Writer) palette {
	switch o := w.(type) {
	case *output:
		w = o.w
	case *logQueue:
		w = o.w
	}
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return palette{}
	}
	if v, _ := a.env("NO_COLOR"); v != "" {
		return palette{}
	}
	if term, _ := a.env("TERM"); term == "dumb" {
		return palette{}
	}
	return palette{on: true}
}

func (p palette) paint(s string, attributes ...color.Attribute) string {
	if !p.on {
		return s
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(s)
}
