package render

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// The columns that text takes where nothing else is asked for, and at least.
const (
	UsualWidth = 80 // columns
	LeastWidth = 40
)

// colourCodes are what [Palette.Paint] puts around a text.
var colourCodes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// columns is how many columns a text takes on a terminal.
func columns(text string) int { return runewidth.StringWidth(colourCodes.ReplaceAllString(text, "")) }

// wrap breaks a text into lines at its spaces, the first within width and the others within rest. A word that is longer than a
// line stays whole, so that a URL or a path can be copied.
func wrap(text string, width, rest int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line, width = word, rest
		}
	}
	return append(lines, line)
}

// PrintWrapped writes a text after a prefix, and what does not fit below it with the same indent.
func PrintWrapped(w io.Writer, width int, prefix, text string) {
	PrintHanging(w, width, prefix, text, columns(prefix))
}

// PrintHanging is the same with an indent of its own, counted in columns. Prefix and text may be painted.
func PrintHanging(w io.Writer, width int, prefix, text string, indent int) {
	for i, line := range wrap(text, width-columns(prefix), width-indent) {
		if i > 0 {
			prefix = strings.Repeat(" ", indent)
		}
		fmt.Fprintln(w, strings.TrimRight(prefix+line, " "))
	}
}

// PrintLine is the same, but leaves a text as it is that fits on one line.
func PrintLine(w io.Writer, width int, prefix, text string, indent int) {
	if columns(prefix+text) <= width {
		fmt.Fprintln(w, prefix+text)
		return
	}
	PrintHanging(w, width, prefix, text, indent)
}

// PrintMarkdown writes a Markdown text within the width of a terminal, without its marks: prose is wrapped, and examples are
// indented. A line of an example that is too long goes on further in, which in a plan means the same; the line of a plan above a
// caret is cut around the caret. Without a width the text is written as it is.
func PrintMarkdown(w io.Writer, width int, text string) {
	if width == math.MaxInt {
		fmt.Fprint(w, text)
		return
	}
	const margin = "    "
	code := false
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "```"):
			code = !code
		case !code:
			line = strings.ReplaceAll(line, "`", "")
			PrintLine(w, width, "", line, len(line)-len(strings.TrimLeft(line, "- ")))
		case i+1 < len(lines) && caretLine.MatchString(lines[i+1]):
			for _, line := range aroundCaret(line, lines[i+1], width-len(margin)) {
				fmt.Fprintln(w, margin+line)
			}
			i++
		default:
			indent := margin + line[:len(line)-len(strings.TrimLeft(line, " "))]
			PrintLine(w, width, indent, line[len(indent)-len(margin):], len(indent)+2)
		}
	}
}

// caretLine matches the line below a line of a plan, with the caret.
var caretLine = regexp.MustCompile(`^ +\| +\^~*$`)

// aroundCaret cuts a line of a plan and the caret below it, both behind their margin, to so many columns.
func aroundCaret(line, caret string, width int) []string {
	margin := strings.Index(caret, "|") + 2
	if columns(line) <= width || len(line) < margin {
		return []string{line, caret}
	}
	from := strings.Index(caret, "^")
	text := []rune(line[margin:])
	text, from, until := cutAround(text, from-margin, len(caret)-margin, width-margin)
	return []string{line[:margin] + string(text), caret[:margin] + strings.Repeat(" ", from) + "^" + strings.Repeat("~", max(until-from-1, 0))}
}

// Table is a table whose rows may have a text of any length. With a name, the texts are its last column where that
// fits; else each stands below its row.
type Table struct {
	Header []any
	Name   string                            // of the texts
	Spare  any                               // the column that is left out where the table does not fit; nil: none
	Paint  func(row int, line string) string // colours the line of a row; nil: not
	Keep   any                               // the column that is cut last, since people copy it; nil: none
	Cut    bool                              // long cells are cut where the table does not fit, as for a terminal
	rows   [][]any
	notes  []string // of each row; "": none
}

// Add adds a row of as many cells as the header has. note is its text; "": none.
func (t *Table) Add(note string, cells ...any) {
	t.rows = append(t.rows, cells)
	t.notes = append(t.notes, note)
}

// Print writes the table, without the columns that are empty in every row.
func (t *Table) Print(w io.Writer, width int) {
	if t.Name != "" {
		whole := Table{Header: append(slices.Clone(t.Header), t.Name)}
		for i, row := range t.rows {
			whole.Add("", append(slices.Clone(row), t.notes[i])...)
		}
		if whole.Fits(width) {
			fmt.Fprintln(w, strings.Join(whole.lines(), "\n"))
			return
		}
	}
	if i := slices.Index(t.Header, t.Spare); i >= 0 && !t.Fits(width) {
		less := Table{Paint: t.Paint, Keep: t.Keep, Cut: t.Cut, Header: slices.Delete(slices.Clone(t.Header), i, i+1)}
		for n, row := range t.rows {
			less.Add(t.notes[n], slices.Delete(slices.Clone(row), i, i+1)...)
		}
		t = &less
	}
	if t.Cut && !t.Fits(width) {
		t = t.cut(width)
	}
	for i, line := range t.lines() {
		if t.Cut {
			line = runewidth.Truncate(line, width, "…")
		}
		if i > 0 && t.Paint != nil {
			line = t.Paint(i-1, line)
		}
		fmt.Fprintln(w, line)
		if i > 0 && i <= len(t.notes) && t.notes[i-1] != "" {
			PrintWrapped(w, width, "  ", t.notes[i-1])
		}
	}
}

// cut is the table with its widest columns cut, each to no less than a few characters.
func (t *Table) cut(width int) *Table {
	const least, between = 6, 2
	header, rows := t.filled()
	all := append([][]any{header}, rows...)
	widths, total := make([]int, len(header)), -between
	for i := range header {
		for _, row := range all {
			widths[i] = max(widths[i], columns(fmt.Sprint(row[i])))
		}
		total += widths[i] + between
	}
	kept := slices.Index(header, t.Keep)
	for ; total > width; total-- {
		widest := -1
		for i := range widths {
			if widths[i] > least && i != kept && (widest < 0 || widths[i] >= widths[widest]) {
				widest = i
			}
		}
		if widest < 0 && kept >= 0 && widths[kept] > least {
			widest = kept
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for _, row := range all {
		for i := range row {
			if text := fmt.Sprint(row[i]); columns(text) > widths[i] { // a number stays one, and is aligned as such
				row[i] = runewidth.Truncate(text, widths[i], "…")
			}
		}
	}
	return &Table{Header: header, Paint: t.Paint, Cut: true, rows: rows, notes: t.notes}
}

// Fits says that the rows, without their texts, are not too wide.
func (t *Table) Fits(width int) bool { return t.Width() <= width }

// Width is how many columns the rows take, without their texts.
func (t *Table) Width() (most int) {
	for _, line := range t.lines() {
		most = max(most, columns(line))
	}
	return most
}

// lines are the header and a line a row.
func (t *Table) lines() []string {
	header, rows := t.filled()
	var b bytes.Buffer
	w := NewTable(&b, header...)
	for _, row := range rows {
		w.AppendRow(row)
	}
	w.Render()
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}

// filled gives the columns that hold something.
func (t *Table) filled() (header []any, rows [][]any) {
	rows = make([][]any, len(t.rows))
	for column, name := range t.Header {
		empty := true
		for _, row := range t.rows {
			empty = empty && row[column] == ""
		}
		if empty && len(t.rows) > 0 {
			continue
		}
		header = append(header, name)
		for i, row := range t.rows {
			rows[i] = append(rows[i], row[column])
		}
	}
	return header, rows
}
