package load

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// openMark is a bracket or a quote that begins a value.
type openMark struct {
	mark   byte
	offset int
	indent int // of the line on which it stands
}

// unclosed finds the bracket or quote that is still open at the line where the parser stopped; nil for none. The
// parser itself stops at the end of the text or at the next key, far from the mistake.
func unclosed(s *plan.Source, line int) *syntaxProblem {
	const longest = 1 << 20 // no plan that somebody writes by hand is larger
	if len(s.Text) > longest || s.Newlines != nil {
		return nil
	}
	stack := openBefore(s, line)
	if len(stack) == 0 {
		return nil
	}
	last := stack[len(stack)-1]
	at, column := s.Place(last.offset)
	problem := &syntaxProblem{at: s.CharacterSpan(at, column)}
	what, closer := fmt.Sprintf("the %c that opens here", last.mark), string(closerOf(last.mark))
	if last.mark == '"' || last.mark == '\'' {
		what, closer = "the quote that opens here", "another "+closer
	}
	problem.message = what + " is not closed"
	problem.hint = plan.NewHint("close it with " + closer)
	problem.hint.At, problem.hint.Replacement = closingEdit(s, at, stack)
	return problem
}

// closerOf is the mark that closes a bracket or a quote.
func closerOf(mark byte) byte {
	switch mark {
	case '{':
		return '}'
	case '[':
		return ']'
	}
	return mark
}

// closingEdit is the edit that closes what is open at the end of a line: the first one with which the text can be
// parsed.
func closingEdit(s *plan.Source, line int, stack []openMark) (plan.Span, string) {
	from := s.Starts[line-1]
	text := string(s.Text[from:s.LineEnd(from)])
	const deepest, longest = 8, 1 << 18 // each try parses the text again
	if len(stack) > deepest || len(s.Text) > longest {
		return plan.Span{}, ""
	}
	var closers strings.Builder
	for i := len(stack) - 1; i >= 0; i-- {
		closers.WriteByte(closerOf(stack[i].mark))
	}
	all := closers.String()
	ends := []int{len(text)}
	if comment := strings.LastIndex(text, " #"); comment >= 0 {
		ends = append(ends, len(strings.TrimRight(text[:comment], " ")))
	}
	if before := len(strings.TrimRight(text, "}], ")); before < len(text) {
		ends = append([]int{before}, ends...)
	}
	for _, end := range ends {
		for n := 1; n <= len(all); n++ {
			candidate := string(s.Text[:from+end]) + all[:n] + string(s.Text[from+end:])
			var node yaml.Node
			if yaml.Unmarshal([]byte(candidate), &node) == nil {
				return lineSpan(line, text, end, end), all[:n]
			}
		}
	}
	return plan.Span{}, ""
}

// openBefore scans the text up to a line and gives the brackets and quotes that are open there, outermost first. A
// line that is not indented more than the line on which a value begins ends the value.
func openBefore(s *plan.Source, line int) []openMark {
	var stack []openMark
	block := -1 // the indentation of the key whose text in lines is being passed over; -1 for none
	for i := 0; i < len(s.Starts) && i < max(line, 1); i++ {
		from := s.Starts[i]
		text := string(s.Text[from:s.LineEnd(from)])
		indent := len(text) - len(strings.TrimLeft(text, " "))
		first := strings.TrimLeft(text, " ")
		switch {
		case first == "":
			continue
		case block >= 0 && indent > block:
			continue
		case len(stack) > 0 && indent <= stack[0].indent && !strings.ContainsRune("}],", rune(first[0])):
			return stack
		}
		block = -1
		stack = readLine(stack, text, from, indent)
		if len(stack) == 0 && opensBlock(text) {
			block = indent
		}
	}
	if line < len(s.Starts) && len(stack) > 0 && strings.TrimSpace(string(s.Text[s.Starts[line]:])) != "" {
		return nil // the value goes on, and may be closed later
	}
	return stack
}

// opensBlock says whether a block scalar follows: key: | or key: >-.
func opensBlock(text string) bool {
	i := strings.LastIndexAny(text, "|>")
	return i > 1 && strings.HasSuffix(strings.TrimRight(text[:i], " "), ":") && strings.Trim(text[i+1:], "+-123456789 ") == ""
}

// readLine updates the open marks by one line.
func readLine(stack []openMark, text string, from, indent int) []openMark {
	for i := 0; i < len(text); i++ {
		c := text[i]
		open := byte(0)
		if len(stack) > 0 {
			open = stack[len(stack)-1].mark
		}
		switch {
		case open == '"' && c == '\\', open == '\'' && c == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case open == '"' || open == '\'':
			if c == open {
				stack = stack[:len(stack)-1]
			}
		case c == '#' && (i == 0 || text[i-1] == ' '):
			return stack
		case open != 0 && c == closerOf(open):
			stack = stack[:len(stack)-1]
		case strings.IndexByte(`{["'`, c) >= 0 && beginsValue(text[:i], open != 0):
			stack = append(stack, openMark{c, from + i, indent})
		}
	}
	return stack
}

// beginsValue says whether a value may begin after a piece of a line: inside brackets also after another bracket or a
// comma.
func beginsValue(before string, inside bool) bool {
	trimmed := strings.TrimRight(before, " ")
	if trimmed == "" {
		return true
	}
	last := trimmed[len(trimmed)-1]
	if inside && strings.IndexByte("{[,", last) >= 0 {
		return true
	}
	return strings.IndexByte(":-", last) >= 0 && len(trimmed) < len(before)
}
