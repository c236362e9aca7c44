package load

import (
	"bytes"
	"unicode/utf8"

	"rundown/plan"
)

// lineScanner walks through a YAML text line by line and is the state that one line leaves for the next. It knows as much of YAML as
// tells where a quote, a bracket, a block of text and a comment begin and end; a text that the parser refuses is scanned too.
type lineScanner struct {
	text  []byte
	open  []openMark // outermost first
	block int        // 0: no block of text; 1: one whose indentation is not known yet; else that indentation plus 2
	outer int        // the indentation of the line that begins the block
}

// openMark is a bracket, a brace or a quote that begins a value and is not closed yet.
type openMark struct {
	mark   byte
	offset int
	indent int // of the line on which it stands
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

// innermost is the mark that is to be closed next; 0 for none.
func (s *lineScanner) innermost() byte {
	if len(s.open) == 0 {
		return 0
	}
	return s.open[len(s.open)-1].mark
}

// close ends the innermost bracket or quote.
func (s *lineScanner) close() { s.open = s.open[:len(s.open)-1] }

// inBlock says whether a line is a part of a block of text. Blank lines are, whatever their indentation.
func (s *lineScanner) inBlock(indent int, blank bool) bool {
	switch {
	case s.block == 0:
		return false
	case blank:
		return true
	case s.block == 1 && indent > s.outer:
		s.block = indent + 2
	}
	if s.block > 1 && indent >= s.block-2 {
		return true
	}
	s.block = 0
	return false
}

// line scans the line in [start, end) and gives the offset of the # of its comment.
func (s *lineScanner) line(start, end int) (from int, ok bool) {
	i := start
	for i < end && s.text[i] == ' ' {
		i++
	}
	indent := i - start
	if s.inBlock(indent, len(bytes.TrimSpace(s.text[i:end])) == 0) {
		return 0, false
	}
	first := true // a scalar, bracket or brace may begin here
	for ; i < end; i++ {
		c, within := s.text[i], s.innermost()
		if within == '"' || within == '\'' {
			i = s.skipQuoted(i, end, within)
			first = false
			continue
		}
		blankBefore := i == start || s.text[i-1] == ' ' || s.text[i-1] == '\t'
		blankAfter := i+1 == end || s.text[i+1] == ' ' || s.text[i+1] == '\t' || s.text[i+1] == '\r'
		switch {
		case c == ' ' || c == '\t' || c == '\r':
		case c == '#' && blankBefore:
			return i, true
		case first && bytes.IndexByte([]byte(`"'[{`), c) >= 0:
			s.open = append(s.open, openMark{c, i, indent})
		case within != 0 && c == closerOf(within):
			s.close()
			first = false
		case within != 0 && c == ',', c == ':' && (blankAfter || within != 0), first && (c == '-' || c == '?') && blankAfter:
			first = true
		case first && (c == '|' || c == '>') && within == 0:
			s.block, s.outer = 1, indent
			first = false
		default:
			first = false
		}
	}
	return 0, false
}

// skipQuoted gives the offset of the quote that ends a scalar, or the end of the line.
func (s *lineScanner) skipQuoted(i, end int, quote byte) int {
	for ; i < end; i++ {
		switch c := s.text[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == quote && quote == '\'' && i+1 < end && s.text[i+1] == '\'':
			i++
		case c == quote:
			s.close()
			return i
		}
	}
	return end
}

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
	s := lineScanner{text: text}
	var found []comment
	line := 0
	for start := 0; start < len(text); {
		line++
		end := lineBreak(text, start)
		if from, ok := s.line(start, end); ok {
			to := start + len(bytes.TrimRight(text[start:end], " \t\r"))
			column := utf8.RuneCount(text[start:from]) + 1
			endColumn := column + utf8.RuneCount(text[from:to])
			found = append(found, comment{
				Text:    string(bytes.TrimSpace(text[from+1 : to])),
				At:      plan.Span{Line: int32(line), Column: int32(column), EndLine: int32(line), EndColumn: int32(endColumn)},
				OwnLine: len(bytes.TrimSpace(text[start:from])) == 0,
			})
		}
		start = end + 1
	}
	return found
}

// lineBreak gives the offset of the next line feed, or the end of the text.
func lineBreak(text []byte, from int) int {
	if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(text)
}
