package cli

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"
)

const (
	usualWidth = 80 // columns
	leastWidth = 40
)

// width is how many columns text output takes: 80, or what COLUMNS says. URLs and paths are never broken.
func (a *app) width() int {
	text, _ := a.env("COLUMNS")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return max(n, leastWidth)
	}
	return usualWidth
}

// wrapped breaks a text into lines at its spaces. A word that is longer than a line stays whole.
func wrapped(text string, width int) []string {
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
			line = word
		}
	}
	return append(lines, line)
}

// printWrapped writes a text after a prefix, and what does not fit below it with the same indent.
func (a *app) printWrapped(w io.Writer, prefix, text string) {
	a.printHanging(w, prefix, text, runewidth.StringWidth(prefix))
}

// printHanging is the same with an indent of its own.
func (a *app) printHanging(w io.Writer, prefix, text string, indent int) {
	lines := wrapped(text, a.width()-indent)
	if first := a.width() - runewidth.StringWidth(prefix); runewidth.StringWidth(lines[0]) > first && strings.Contains(lines[0], " ") {
		lines = wrapped(text, max(first, 1))
	}
	for i, line := range lines {
		if i > 0 {
			prefix = strings.Repeat(" ", indent)
		}
		fmt.Fprintln(w, strings.TrimRight(prefix+line, " "))
	}
}

// notedTable is a table whose rows may have a text of any length, which stands below the row.
type notedTable struct {
	header []any
	rows   [][]any
	notes  []string // of each row; "": none
}

func (t *notedTable) add(note string, cells ...any) {
	t.rows = append(t.rows, cells)
	t.notes = append(t.notes, note)
}

// print writes the table, without the columns that are empty in every row.
func (t *notedTable) print(a *app) {
	header, rows := t.filled()
	var b bytes.Buffer
	w := newTable(&b, header...)
	for _, row := range rows {
		w.AppendRow(row)
	}
	w.Render()
	for i, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		fmt.Fprintln(a.out, line)
		if i > 0 && i <= len(t.notes) && t.notes[i-1] != "" {
			a.printWrapped(a.out, "  ", t.notes[i-1])
		}
	}
}

// filled gives the columns that hold something.
func (t *notedTable) filled() (header []any, rows [][]any) {
	rows = make([][]any, len(t.rows))
	for column, name := range t.header {
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
