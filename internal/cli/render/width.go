package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// The columns that text takes where nothing else is asked for, and at least.
const (
	UsualWidth = 80 // columns
	LeastWidth = 40
)

// Wrap breaks a text into lines at its spaces. A word that is longer than a line stays whole.
func Wrap(text string, width int) []string { return wrap(text, width, width) }

// wrap is Wrap with a width of its own for the first line.
func wrap(text string, width, rest int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case runewidth.StringWidth(line)+1+runewidth.StringWidth(word) <= width:
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
	PrintHanging(w, width, prefix, text, runewidth.StringWidth(prefix))
}

// PrintHanging is the same with an indent of its own.
func PrintHanging(w io.Writer, width int, prefix, text string, indent int) {
	for i, line := range wrap(text, width-runewidth.StringWidth(prefix), width-indent) {
		if i > 0 {
			prefix = strings.Repeat(" ", indent)
		}
		fmt.Fprintln(w, strings.TrimRight(prefix+line, " "))
	}
}

// Table is a table whose rows may have a text of any length. With a name, the texts are its last column where that
// fits; else each stands below its row.
type Table struct {
	Header []any
	Name   string                            // of the texts
	Spare  any                               // the column that is left out where the table does not fit; nil: none
	Paint  func(row int, line string) string // colours the line of a row; nil: not
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
		less := Table{Paint: t.Paint, Header: slices.Delete(slices.Clone(t.Header), i, i+1)}
		for n, row := range t.rows {
			less.Add(t.notes[n], slices.Delete(slices.Clone(row), i, i+1)...)
		}
		t = &less
	}
	for i, line := range t.lines() {
		if i > 0 && t.Paint != nil {
			line = t.Paint(i-1, line)
		}
		fmt.Fprintln(w, line)
		if i > 0 && i <= len(t.notes) && t.notes[i-1] != "" {
			PrintWrapped(w, width, "  ", t.notes[i-1])
		}
	}
}

// Fits says that the rows, without their texts, are not too wide.
func (t *Table) Fits(width int) bool { return t.Width() <= width }

// Width is how many columns the rows take, without their texts.
func (t *Table) Width() (columns int) {
	for _, line := range t.lines() {
		columns = max(columns, runewidth.StringWidth(line))
	}
	return columns
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
