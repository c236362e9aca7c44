package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
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

// notedTable is a table whose rows may have a text of any length. With a name, the texts are its last column where that
// fits; else each stands below its row.
type notedTable struct {
	header []any
	name   string // of the texts
	spare  any    // the column that is left out where the table does not fit; nil: none
	rows   [][]any
	notes  []string // of each row; "": none
}

func (t *notedTable) add(note string, cells ...any) {
	t.rows = append(t.rows, cells)
	t.notes = append(t.notes, note)
}

func (t *notedTable) print(a *app) { t.printTo(a, a.out) }

// printTo writes the table, without the columns that are empty in every row.
func (t *notedTable) printTo(a *app, w io.Writer) {
	if t.name != "" {
		whole := notedTable{header: append(slices.Clone(t.header), t.name)}
		for i, row := range t.rows {
			whole.add("", append(slices.Clone(row), t.notes[i])...)
		}
		if whole.fits(a) {
			fmt.Fprintln(w, strings.Join(whole.lines(), "\n"))
			return
		}
	}
	if i := slices.Index(t.header, t.spare); i >= 0 && !t.fits(a) {
		less := notedTable{header: slices.Delete(slices.Clone(t.header), i, i+1)}
		for n, row := range t.rows {
			less.add(t.notes[n], slices.Delete(slices.Clone(row), i, i+1)...)
		}
		t = &less
	}
	for i, line := range t.lines() {
		fmt.Fprintln(w, line)
		if i > 0 && i <= len(t.notes) && t.notes[i-1] != "" {
			a.printWrapped(w, "  ", t.notes[i-1])
		}
	}
}

// fits says that the rows, without their texts, are not too wide.
func (t *notedTable) fits(a *app) bool {
	return !slices.ContainsFunc(t.lines(), func(line string) bool { return runewidth.StringWidth(line) > a.width() })
}

// lines are the header and a line a row.
func (t *notedTable) lines() []string {
	header, rows := t.filled()
	var b bytes.Buffer
	w := newTable(&b, header...)
	for _, row := range rows {
		w.AppendRow(row)
	}
	w.Render()
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
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
