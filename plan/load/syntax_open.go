package load

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

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
	problem := &syntaxProblem{at: s.CharacterSpan(at, column), certain: true}
	what, closer := fmt.Sprintf("the %c that opens here", last.mark), string(closerOf(last.mark))
	if last.mark == '"' || last.mark == '\'' {
		what, closer = "the quote that opens here", "another "+closer
	}
	problem.message = what + " is not closed"
	problem.hint = plan.NewHint("close it with " + closer)
	problem.hint.At, problem.hint.Replacement = closingEdit(s, at, stack)
	return problem
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
	scan := lineScanner{text: s.Text}
	for i := 0; i < len(s.Starts) && i < max(line, 1); i++ {
		from, to := s.Starts[i], s.LineEnd(s.Starts[i])
		text := strings.TrimLeft(string(s.Text[from:to]), " ")
		indent := to - from - len(text)
		if len(scan.open) > 0 && text != "" && indent <= scan.open[0].indent && !strings.ContainsRune("}],", rune(text[0])) {
			return scan.open
		}
		scan.line(from, to)
	}
	if line < len(s.Starts) && len(scan.open) > 0 && strings.TrimSpace(string(s.Text[s.Starts[line]:])) != "" {
		return nil // the value goes on, and may be closed later
	}
	return scan.open
}
