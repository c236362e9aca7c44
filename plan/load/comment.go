package load

import (
	"bytes"
	"unicode/utf8"

	"rundown/plan"
)

// comment is a comment of a file, without its # and the spaces around it.
type comment struct {
	Text    string
	At      plan.Span // from the # to the last character
	OwnLine bool      // nothing else is on its line
}

// comments finds the comments of a YAML text, in order. It does not use the parser, which attaches comments to nodes
// by rules of its own and drops some. It tracks only where quoted scalars and block scalars end, since a # inside
// them does not begin a comment.
func comments(text []byte) []comment {
	s := commentScanner{text: text}
	line := 0
	for start := 0; start < len(text); {
		line++
		end := lineBreak(text, start)
		if from, ok := s.line(start, end); ok {
			to := start + len(bytes.TrimRight(text[start:end], " \t\r"))
			column := utf8.RuneCount(text[start:from]) + 1
			endColumn := column + utf8.RuneCount(text[from:to])
			s.found = append(s.found, comment{
				Text:    string(bytes.TrimSpace(text[from+1 : to])),
				At:      plan.Span{Line: int32(line), Column: int32(column), EndLine: int32(line), EndColumn: int32(endColumn)},
				OwnLine: len(bytes.TrimSpace(text[start:from])) == 0,
			})
		}
		start = end + 1
	}
	return s.found
}

// lineBreak gives the offset of the next line feed, or the end of the text.
func lineBreak(text []byte, from int) int {
	if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(text)
}

// commentScanner is the state that one line leaves for the next. It knows as much of YAML as keeps a # of a text from being taken
// for a comment; a file that the parser refuses is scanned too.
type commentScanner struct {
	text  []byte
	found []comment
	quote byte // of a scalar that goes on in the next line; 0: none
	depth int  // of brackets and braces
	block int  // 0: no block of text; 1: one whose indentation is not known yet; else that indentation plus 2
	outer int  // of the line that begins the block
}

// line scans a line and gives the offset of the # of its comment.
func (s *commentScanner) line(start, end int) (from int, ok bool) {
	i := start
	for i < end && s.text[i] == ' ' {
		i++
	}
	indent := i - start
	if s.block > 0 {
		if len(bytes.TrimSpace(s.text[i:end])) == 0 {
			return 0, false
		}
		if s.block == 1 && indent > s.outer {
			s.block = indent + 2
		}
		if s.block > 1 && indent >= s.block-2 {
			return 0, false
		}
		s.block = 0
	}
	first := true // a scalar, bracket or brace may begin here
	for ; i < end; i++ {
		c := s.text[i]
		if s.quote != 0 {
			i = s.skipQuoted(i, end)
			first = false
			continue
		}
		blankBefore := i == start || s.text[i-1] == ' ' || s.text[i-1] == '\t'
		blankAfter := i+1 == end || s.text[i+1] == ' ' || s.text[i+1] == '\t' || s.text[i+1] == '\r'
		switch {
		case c == ' ' || c == '\t' || c == '\r':
		case c == '#' && blankBefore:
			return i, true
		case first && (c == '"' || c == '\''):
			s.quote = c
		case first && (c == '[' || c == '{'):
			s.depth++
		case s.depth > 0 && (c == ']' || c == '}'):
			s.depth--
			first = false
		case s.depth > 0 && c == ',', c == ':' && (blankAfter || s.depth > 0), first && (c == '-' || c == '?') && blankAfter:
			first = true
		case first && (c == '|' || c == '>') && s.depth == 0:
			s.block, s.outer = 1, indent
			first = false
		default:
			first = false
		}
	}
	return 0, false
}

// skipQuoted gives the offset of the quote that ends a scalar, or the end of the line.
func (s *commentScanner) skipQuoted(i, end int) int {
	for ; i < end; i++ {
		switch c := s.text[i]; {
		case c == '\\' && s.quote == '"':
			i++
		case c == s.quote && s.quote == '\'' && i+1 < end && s.text[i+1] == '\'':
			i++
		case c == s.quote:
			s.quote = 0
			return i
		}
	}
	return end
}
