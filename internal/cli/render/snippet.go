package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"
	"github.com/mattn/go-runewidth"

	"rundown/internal/planfile"
	"rundown/internal/redact"
	"rundown/plan"
	"rundown/runner/view"
)

// snippetWidth is how much of a long line is shown around what is wrong, where the output is wide enough.
const snippetWidth = 120 // characters

// redactedFiles show the files of a plan without secrets. Each file is read when it is first asked for.
type redactedFiles struct {
	files *planfile.Files
	made  map[string]*redact.Lines
}

// newRedactedFiles shows files that were read for a plan.
func newRedactedFiles(files *planfile.Files) *redactedFiles {
	return &redactedFiles{files, map[string]*redact.Lines{}}
}

// of gives the lines of a file that was read; nil for others.
func (m *redactedFiles) of(file string) *redact.Lines {
	if made := m.made[file]; made != nil {
		return made
	}
	text, ok := m.files.Read[file]
	if !ok {
		return nil
	}
	m.made[file] = redact.NewLines(text, plan.MaskUser)
	return m.made[file]
}

// FindingPrinter writes findings for people: place, message and rule in a line that editors can jump from, the line
// of the plan with a caret below it, and what to try.
type FindingPrinter struct {
	w             io.Writer
	width         int // columns
	colours       Palette
	redactedFiles *redactedFiles
}

// NewFindingPrinter writes findings about files to w, within so many columns.
func NewFindingPrinter(w io.Writer, columns int, colours Palette, files *planfile.Files) *FindingPrinter {
	return &FindingPrinter{w, columns, colours, newRedactedFiles(files)}
}

// print writes a finding with everything that belongs to it.
func (p *FindingPrinter) print(f plan.Finding) {
	p.head(f)
	p.snippet(f)
	if f.Hint != "" {
		p.hint(f.Hint)
	}
	if f.Source != "" {
		PrintHanging(p.w, p.width, "  source: ", view.Line(f.Source), 4)
	}
}

// hint writes what to try. The lines behind the first are lines of a plan, which keep their indentation and are cut where they are
// too long: a line that is wrapped would be another one.
func (p *FindingPrinter) hint(text string) {
	words, lines, _ := strings.Cut(text, "\n")
	PrintHanging(p.w, p.width, "  hint: ", view.Line(words), 4)
	for line := range strings.SplitSeq(lines, "\n") {
		if line != "" {
			fmt.Fprintln(p.w, "      "+runewidth.Truncate(view.Line(line), p.width-6, "…"))
		}
	}
}

// head writes place, severity, message and rule. The place is never broken, so that editors can jump from it.
func (p *FindingPrinter) head(f plan.Finding) {
	place := p.colours.Paint(view.Line(placeOf(f)), color.Bold)
	severity := p.colours.Paint(SeverityWord(f.Severity), looksOf(f.Severity).colour)
	rule := p.colours.Paint("["+f.Rule+"]", color.Faint)
	PrintHanging(p.w, p.width, place+": "+severity+": ", view.Line(briefly(f))+" "+rule, 2)
}

// briefly is the message of a finding without how editions of the documentation disagree, which the manual of its rule
// says. The formats for programs have all of it.
func briefly(f plan.Finding) string {
	rule, known := plan.RuleByID(f.Rule)
	if short, how, long := strings.Cut(rule.Conflict, ": "); known && long && how != "" {
		return strings.Replace(f.Message, "("+rule.Conflict+")", "("+short+", see rundown rules "+f.Rule+")", 1)
	}
	return f.Message
}

// snippet shows the line with a caret below what is wrong.
func (p *FindingPrinter) snippet(f plan.Finding) {
	m := p.redactedFiles.of(f.Pos.File)
	if m == nil {
		return
	}
	line, at, ok := m.Line(f.Pos.Line)
	if !ok || len(strings.TrimSpace(string(line))) == 0 {
		return
	}
	from := at(f.Pos.Column) - 1
	until := len(line)
	if f.Pos.EndLine <= f.Pos.Line {
		until = max(at(f.Pos.EndColumn)-1, from+1)
	}
	margin := fmt.Sprintf("%5d | ", f.Pos.Line)
	line, from, until = cutAround(line, from, until, min(snippetWidth, p.width-len(margin)))
	fmt.Fprintf(p.w, "%s%s\n", p.colours.Paint(margin, color.Faint), view.Line(string(line)))
	marks := strings.Repeat("~", max(width(line, from, until)-1, 0))
	fmt.Fprintf(p.w, "%s%s%s\n", p.colours.Paint(strings.Repeat(" ", len(margin)-2)+"| ", color.Faint),
		strings.Repeat(" ", width(line, 0, from)), p.colours.Paint("^"+marks, color.FgGreen))
}

// cutAround keeps of a long line so many characters around [from, until).
func cutAround(line []rune, from, until, most int) ([]rune, int, int) {
	from, until = min(from, len(line)), min(until, max(len(line), from+1))
	if len(line) <= most {
		return line, from, until
	}
	left := min(max(from-most/3, 0), len(line)-most)
	right := left + most
	cut := append([]rune{}, line[left:right]...)
	if left > 0 {
		cut[0] = '…'
	}
	if right < len(line) {
		cut[len(cut)-1] = '…'
	}
	return cut, from - left, min(until-left, most)
}

// width is the number of terminal columns that the runes [from, until) take, one for each beyond the line's end.
func width(line []rune, from, until int) int {
	n := 0
	for i := from; i < until; i++ {
		if i < len(line) {
			n += runewidth.RuneWidth(view.Printable(line[i]))
		} else {
			n++
		}
	}
	return n
}
