package plan

import (
	"strings"
	"unicode/utf8"
)

// insertion is the hint to add pairs to a mapping. It is an edit, before the first key, where the mapping has any.
func insertion(s *source, a *at, pairs ...string) tip {
	hint := say("add " + strings.Join(pairs, ", "))
	if len(a.keys) == 0 || s.newlines != nil {
		return hint
	}
	first := a.keys[0].key
	hint.at = span{first.line, first.column, first.line, first.column}
	if a.flow {
		hint.with = strings.Join(pairs, ", ") + ", "
	} else {
		below := "\n" + strings.Repeat(" ", int(first.column)-1)
		hint.with = strings.Join(pairs, below) + below
	}
	return hint
}

// removal is the hint to remove a key. It is an edit where its value stands on the same line.
func removal(s *source, k keyAt) tip {
	hint := say("remove it")
	if k.key == k.value || k.key.line != k.value.endLine || s.newlines != nil {
		return hint
	}
	line := int(k.key.line)
	start, end := s.starts[line-1], s.lineEnd(s.offset(line, 1))
	from, to := s.offset(line, int(k.key.column)), s.offset(line, int(k.value.endColumn))
	before, after := string(s.text[start:from]), string(s.text[to:end])
	switch {
	case strings.TrimSpace(before) == "" && (after == "" || strings.HasPrefix(after, " #")):
		hint.at = span{k.key.line, 1, k.key.line + 1, 1}
	case strings.HasPrefix(after, ","):
		rest := strings.TrimLeft(after[1:], " ")
		hint.at = s.place(line, int(k.key.column), from, to+len(after)-len(rest))
	case strings.HasSuffix(strings.TrimRight(before, " "), ","):
		cut := start + len(strings.TrimSuffix(strings.TrimRight(before, " "), ","))
		hint.at = span{k.key.line, int32(utf8.RuneCount(s.text[start:cut]) + 1), k.key.line, k.value.endColumn}
	}
	return hint
}
