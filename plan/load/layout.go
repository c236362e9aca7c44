package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// layout finds the lines of a file that are indented wrongly, or that lack the colon of their key. It tries changes of a
// line on a copy of the text and keeps those after which the file has the form of a plan. So each hint has been tried.
//
// A change that is found is reported, and the file is read as if it was made: [layout.top] are the nodes of the changed
// text with the positions of the text as it is.
type layout struct {
	path     string
	lines    []string // as changed so far
	original []string
	of       reflect.Type
	tries    int // that are left
	budget   *layoutBudget
	found    []lineChange
}

// layoutBudget is what the files of one load may still try, all together.
type layoutBudget struct {
	bytes int // that may be parsed
	tries int // that were made
}

// lineChange is a change of a line, or of the indentation of several.
type lineChange struct {
	first, last int    // lines, from 1
	from, to    int    // what is replaced in the first line, in bytes
	text        string // what stands there instead
	by          int    // of several lines: how many spaces more each gets
	message     string
	hint        string
}

// attempt is what became of a text.
type attempt struct {
	top      *yaml.Node // nil: the parser refused it
	line     int        // where it stopped
	column   int
	findings []plan.Finding
}

// Bounds of what is tried, so that a file of garbage costs little more than its parsing.
const (
	longestLayout  = 1 << 16 // bytes of a file; nobody indents more by hand
	mostTries      = 300     // for a file
	mostLayoutRead = 2 << 20 // bytes parsed for all files of a load
	mostLineChange = 25
)

// findLayout looks for changes of lines with which a text that is not a plan becomes one; nil for none. of is the type of the
// file's mapping.
func findLayout(s *plan.Source, of reflect.Type, budget *layoutBudget) *layout {
	if len(s.Text) > min(longestLayout, budget.bytes) || s.Newlines != nil {
		return nil
	}
	l := &layout{path: s.Path, of: of, tries: mostTries, budget: budget, lines: strings.Split(string(s.Text), "\n")}
	l.original = l.lines
	now := l.try(l.lines)
	for len(l.found) < mostLineChange && (now.top == nil || len(now.findings) > 0) {
		change, then := l.best(now)
		if change == nil {
			break
		}
		l.lines, now = change.apply(l.lines), then
		l.found = append(l.found, *change)
	}
	if len(l.found) == 0 || now.top == nil || slices.ContainsFunc(now.findings, func(f plan.Finding) bool { return l.touches(f.Pos.Line) }) {
		return nil
	}
	return l
}

// touches says whether a line is changed.
func (l *layout) touches(line int) bool {
	return slices.ContainsFunc(l.found, func(c lineChange) bool { return c.first <= line && line <= c.last })
}

// try reads changed lines, and counts that.
func (l *layout) try(lines []string) attempt {
	text := []byte(strings.Join(lines, "\n"))
	l.tries--
	l.budget.tries++
	l.budget.bytes -= len(text)
	return l.read(text)
}

// read parses a text and reads it as a file of a plan.
func (l *layout) read(text []byte) attempt {
	parser := yaml.NewDecoder(bytes.NewReader(text))
	document, err := nextDocument(parser)
	if err == nil {
		if _, next := nextDocument(parser); !errors.Is(next, io.EOF) {
			err = errors.Join(next, errors.New("more than one document"))
		}
	}
	if err != nil || len(document.Content) == 0 {
		line, column := parserPosition(parser, problemMark)
		return attempt{line: line, column: column}
	}
	u := &sourceFile{decoder: &decoder{src: plan.NewSource(l.path, text), included: l.of == reflect.TypeFor[includedFile]()}}
	u.readTop(document.Content[0], reflect.New(l.of).Interface())
	return attempt{top: document.Content[0], findings: u.findings}
}

// best is the change that helps most, and what becomes of the text with it; nil where none helps. Of changes that help
// as much, it is the smallest.
func (l *layout) best(now attempt) (*lineChange, attempt) {
	var best *lineChange
	then := now
	for _, line := range l.suspects(now) {
		if l.touches(line) {
			continue
		}
		for _, c := range l.changesAt(line, now) {
			if l.tries <= 0 || l.budget.bytes <= 0 {
				return best, then
			}
			next := l.try(c.apply(l.lines))
			if next.top != nil && !holdsLine(next.top, line) {
				continue // it became a part of a text over several lines
			}
			if slices.ContainsFunc(next.findings, func(f plan.Finding) bool { return c.first <= f.Pos.Line && f.Pos.Line <= c.last }) {
				continue // what is changed is not right there either: findLayout would give all up for it
			}
			if next.helps(then) || best != nil && next.equals(then) && l.isPlainer(c, *best) {
				best, then = &c, next
			}
		}
	}
	return best, then
}

// holdsLine says whether a node begins on a line.
func holdsLine(n *yaml.Node, line int) bool {
	return n.Line == line || slices.ContainsFunc(n.Content, func(child *yaml.Node) bool { return holdsLine(child, line) })
}

// isPlainer says whether a change is the more likely one of two that help as much: it changes fewer lines, gives
// the indentation that more lines of the file have, or changes less.
func (l *layout) isPlainer(c, other lineChange) bool {
	switch {
	case c.last-c.first != other.last-other.first:
		return c.last-c.first < other.last-other.first
	case c.first != other.first:
		return l.alike(c) > l.alike(other)
	}
	return c.size() < other.size()
}

// alike is how many lines have the indentation that a change gives, below one with the indentation of what holds the changed line.
func (l *layout) alike(c lineChange) (n int) {
	if c.from > 0 {
		return 0
	}
	outer := -1
	if holder := l.holder(c.first, len(c.text)); holder > 0 {
		outer = indentOf(l.lines[holder-1])
	}
	open := []int{-1} // the indentations of the lines around
	for _, line := range l.lines {
		if isEmptyLine(line) {
			continue
		}
		indent := indentOf(line)
		for open[len(open)-1] >= indent {
			open = open[:len(open)-1]
		}
		if indent == len(c.text) && open[len(open)-1] == outer {
			n++
		}
		open = append(open, indent)
	}
	return n
}

// helps says whether a is nearer to a plan than b.
func (a attempt) helps(b attempt) bool {
	switch {
	case a.top == nil && b.top == nil:
		return a.line > b.line
	case a.top == nil || b.top == nil:
		return b.top == nil
	}
	return len(a.findings) < len(b.findings)
}

// equals says whether neither is nearer to a plan.
func (a attempt) equals(b attempt) bool { return !a.helps(b) && !b.helps(a) }

// suspects are the lines in which the mistake may be: that at which the parser stopped, what stands before it, and what
// is around it; or the lines of the first findings.
func (l *layout) suspects(now attempt) (lines []int) {
	add := func(line int) {
		if line > 0 && line <= len(l.lines) && !isEmptyLine(l.lines[line-1]) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if now.top == nil {
		stop := min(now.line, len(l.lines))
		for stop > 1 && isEmptyLine(l.lines[stop-1]) {
			stop--
		}
		add(stop)
		before := l.before(stop)
		add(before)
		add(l.around(stop))
		add(l.after(l.around(stop))) // the first of the level, by which the parser judges the others
		for before > 0 && l.before(before) > 0 && !l.opens(l.before(before)) && indentOf(l.lines[l.before(before)-1]) == indentOf(l.lines[before-1]) {
			before = l.before(before)
		}
		add(before) // the first of several lines with the same mistake
		return lines
	}
	const most = 4
	for _, f := range now.findings {
		if len(lines) < most {
			add(f.Pos.Line)
		}
	}
	return lines
}

// isEmptyLine says whether a line has neither keys nor values.
func isEmptyLine(line string) bool {
	line = strings.TrimLeft(line, " \t\r")
	return line == "" || line[0] == '#'
}

// indentOf is how many spaces and tabs a line begins with.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// opens says whether a line is a key without a value, whose value stands below it.
func (l *layout) opens(line int) bool {
	return strings.HasSuffix(contentOf(l.lines[line-1]), ":")
}

// contentOf is a line up to its comment and the spaces before that.
func contentOf(line string) string {
	s := lineScanner{text: []byte(line)}
	if from, ok := s.line(0, len(line)); ok {
		line = line[:from]
	}
	return strings.TrimRight(line, " \t\r")
}

// before is the line with something on it before another one; 0 for none.
func (l *layout) before(line int) int {
	for line--; line > 0 && isEmptyLine(l.lines[line-1]); line-- {
	}
	return max(line, 0)
}

// after is the line with something on it after another one; 0 for none.
func (l *layout) after(line int) int {
	for line++; line <= len(l.lines) && isEmptyLine(l.lines[line-1]); line++ {
	}
	if line > len(l.lines) {
		return 0
	}
	return line
}

// around is the nearest line before another one that is indented less; 0 for none.
func (l *layout) around(line int) int { return l.holder(line, indentOf(l.lines[line-1])) }

// holder is the line that holds what stands on a line once that has so many spaces before it.
func (l *layout) holder(line, indent int) int {
	for line = l.before(line); line > 0 && indentOf(l.lines[line-1]) >= indent; line = l.before(line) {
	}
	return line
}

// apply changes lines.
func (c *lineChange) apply(lines []string) []string {
	changed := slices.Clone(lines)
	line := lines[c.first-1]
	changed[c.first-1] = line[:c.from] + c.text + line[c.to:]
	for i := c.first; i < c.last; i++ {
		if line := lines[i]; !isEmptyLine(line) {
			changed[i] = strings.Repeat(" ", max(indentOf(line)+c.by, 0)) + strings.TrimLeft(line, " \t")
		}
	}
	return changed
}

// size is how much is changed.
func (c *lineChange) size() int {
	return max(len(c.text)-(c.to-c.from), (c.to-c.from)-len(c.text))
}

// top are the nodes of the changed text, with the positions of the text as it is.
func (l *layout) top() *yaml.Node {
	top := l.read([]byte(strings.Join(l.lines, "\n"))).top
	var move func(n *yaml.Node)
	move = func(n *yaml.Node) {
		for _, c := range l.found {
			switch {
			case n.Line == c.first:
				from := utf8.RuneCountInString(l.lines[c.first-1][:c.from]) + 1
				replaced := utf8.RuneCountInString(l.original[c.first-1][c.from:c.to])
				if by := utf8.RuneCountInString(c.text) - replaced; n.Column >= from+utf8.RuneCountInString(c.text) {
					n.Column -= by
				}
			case n.Line > c.first && n.Line <= c.last:
				n.Column -= c.by
			}
		}
		for _, child := range n.Content {
			move(child)
		}
	}
	move(top)
	return top
}

// report tells of each change. It is an edit where one line is changed and nothing of a value is written anew.
func (l *layout) report(d *decoder) {
	for _, c := range l.found {
		line := string(d.src.Text[d.src.Starts[c.first-1]:d.src.LineEnd(d.src.Starts[c.first-1])])
		begin := min(indentOf(line), len(line))
		at := lineSpan(c.first, line, begin, min(begin+len(keyOf(line)), len(line)))
		if c.text == "" && c.from > begin {
			at = lineSpan(c.first, line, c.from, c.to)
		}
		hint := plan.NewHint(c.hint)
		if c.first == c.last {
			hint.At, hint.Replacement = lineSpan(c.first, line, c.from, c.to), c.text
		}
		d.advise(ruleSyntax, at, c.message, hint)
	}
}

// keyOf is what stands on a line up to its colon, space or end.
func keyOf(line string) string {
	line = strings.TrimLeft(line, " \t")
	if i := strings.IndexAny(line, ":= \t：\r"); i > 0 {
		return line[:i]
	}
	return line
}

// spaces counts spaces in words.
func spaces(n int) string {
	if n == 1 {
		return "1 space"
	}
	return fmt.Sprintf("%d spaces", n)
}
