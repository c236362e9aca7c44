package load

import (
	"strings"
	"unicode/utf8"

	"rundown/plan"
)

// insertion is the hint to add pairs to a mapping. It is an edit in front of the first key, where the mapping has
// one: there the indentation is known, and no comment behind the last value comes between.
func insertion(s *plan.Source, a *positions, pairs ...string) plan.Hint {
	hint := plan.NewHint("add " + strings.Join(pairs, ", "))
	if len(a.keys) == 0 || s.Newlines != nil {
		return hint
	}
	first := a.keys[0].key
	hint.At = plan.Span{Line: first.Line, Column: first.Column, EndLine: first.Line, EndColumn: first.Column}
	if a.flow {
		hint.Replacement = strings.Join(pairs, ", ") + ", "
	} else {
		below := "\n" + strings.Repeat(" ", int(first.Column)-1)
		hint.Replacement = strings.Join(pairs, below) + below
	}
	return hint
}

// removal is the hint to remove a key. It is an edit where the value is on the same line.
func removal(s *plan.Source, k keyAt) plan.Hint {
	hint := plan.NewHint("remove it")
	if k.key == k.value || k.key.Line != k.value.EndLine || s.Newlines != nil {
		return hint
	}
	line := int(k.key.Line)
	start, end := s.Starts[line-1], s.LineEnd(s.Offset(line, 1))
	from, to := s.Offset(line, int(k.key.Column)), s.Offset(line, int(k.value.EndColumn))
	before, after := string(s.Text[start:from]), string(s.Text[to:end])
	switch {
	case strings.TrimSpace(before) == "" && (after == "" || strings.HasPrefix(after, " #")):
		hint.At = plan.Span{Line: k.key.Line, Column: 1, EndLine: k.key.Line + 1, EndColumn: 1}
	case strings.HasPrefix(after, ","):
		rest := strings.TrimLeft(after[1:], " ")
		hint.At = s.SpanOf(line, int(k.key.Column), from, to+len(after)-len(rest))
	case strings.HasSuffix(strings.TrimRight(before, " "), ","):
		cut := start + len(strings.TrimSuffix(strings.TrimRight(before, " "), ","))
		hint.At = plan.Span{Line: k.key.Line, Column: int32(utf8.RuneCount(s.Text[start:cut]) + 1), EndLine: k.key.Line, EndColumn: k.value.EndColumn}
	}
	return hint
}
