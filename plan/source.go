package plan

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// Span is a range in one file: lines and columns from 1, in characters, the end exclusive. The zero span stands for
// no position.
type Span struct{ Line, Column, EndLine, EndColumn int32 }

// Source is the text of one file with an index of its lines. It computes where a scalar ends, since yaml.v3 tells
// only where it starts. It caches the last position and is not safe for concurrent use.
type Source struct {
	Path   string
	Text   []byte
	Starts []int // offset at which each of YAML's lines starts
	// newlines is the same for lines that end with a line feed, as editors count them. It is nil where the two agree;
	// YAML also breaks lines at a lone CR, at NEL, LS and PS.
	Newlines []int
	// The last place looked up. Nodes come in document order, so that the next look-up in a long line goes on from here.
	lastLine, lastColumn, lastOffset int
}

// NewSource indexes the lines of a text.
func NewSource(path string, text []byte) *Source {
	s := &Source{Path: path, Text: text}
	s.Starts = append(make([]int, 0, 1+bytes.Count(text, []byte{'\n'})), 0)
	odd := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			s.Starts = append(s.Starts, i+1)
		case c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			s.Starts, odd = append(s.Starts, i+1), true
		case c == 0xC2 && i+1 < len(text) && text[i+1] == 0x85:
			s.Starts, odd = append(s.Starts, i+2), true
		case c == 0xE2 && i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9):
			s.Starts, odd = append(s.Starts, i+3), true
		}
	}
	if odd {
		s.Newlines = []int{0}
		for i, c := range text {
			if c == '\n' {
				s.Newlines = append(s.Newlines, i+1)
			}
		}
	}
	return s
}

// Offset gives the byte offset of a line and column of YAML, limited to the text.
func (s *Source) Offset(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(s.Starts) {
		return len(s.Text)
	}
	offset, at := s.Starts[line-1], 1
	if s.lastLine == line && s.lastColumn <= column {
		offset, at = s.lastOffset, s.lastColumn
	}
	for at < column && offset < len(s.Text) {
		if s.Text[offset] < utf8.RuneSelf {
			offset++
		} else {
			_, size := utf8.DecodeRune(s.Text[offset:])
			offset += size
		}
		at++
	}
	s.lastLine, s.lastColumn, s.lastOffset = line, at, offset
	return offset
}

// SpanOf turns a range of bytes [from, to), which starts at the line and column of YAML, into a span as editors count: by line feeds
// alone. Where YAML counts the same lines, line and column are taken as they are and only the end is counted.
func (s *Source) SpanOf(line, column, from, to int) Span {
	if s.Newlines == nil {
		end, endColumn := line, column
		for end < len(s.Starts) && s.Starts[end] <= to {
			end++
		}
		if end != line {
			endColumn, from = 1, s.Starts[end-1]
		}
		endColumn += utf8.RuneCount(s.Text[from:to])
		return Span{int32(line), int32(column), int32(end), int32(endColumn)}
	}
	l, c := s.place(s.Newlines, from)
	el, ec := s.place(s.Newlines, to)
	return Span{int32(l), int32(c), int32(el), int32(ec)}
}

// Place gives the line and column of an offset as YAML counts them.
func (s *Source) Place(offset int) (line, column int) { return s.place(s.Starts, offset) }

// place gives the line and column of an offset, by the offsets at which lines start.
func (s *Source) place(starts []int, offset int) (line, column int) {
	line = sort.SearchInts(starts, offset+1)
	return line, utf8.RuneCount(s.Text[starts[line-1]:offset]) + 1
}

// CharacterSpan is the span of the one character at a line and column of YAML, or an empty span at the end of a line
// or of the text.
func (s *Source) CharacterSpan(line, column int) Span {
	line = max(1, min(line, len(s.Starts)))
	from := s.Offset(line, max(1, column))
	to := from
	if from < len(s.Text) && s.Text[from] != '\n' && s.Text[from] != '\r' {
		_, size := utf8.DecodeRune(s.Text[from:])
		to += size
	}
	return s.SpanOf(line, s.lastColumn, from, to)
}

// LineEnd gives the offset after the last word of the line that contains an offset.
func (s *Source) LineEnd(from int) int {
	to := from
	for to < len(s.Text) && s.Text[to] != '\n' && s.Text[to] != '\r' {
		to++
	}
	for to > from && (s.Text[to-1] == ' ' || s.Text[to-1] == '\t') {
		to--
	}
	return to
}

// Pos adds the file to a span. The zero span gives the zero Pos.
func (s *Source) Pos(at Span) Pos {
	if at == (Span{}) {
		return Pos{}
	}
	return Pos{File: s.Path, Line: int(at.Line), Column: int(at.Column), EndLine: int(at.EndLine), EndColumn: int(at.EndColumn)}
}

// SpanFromLast is [Source.SpanOf] for a range that starts at the position given to the last call of [Source.Offset].
func (s *Source) SpanFromLast(line, from, to int) Span { return s.SpanOf(line, s.lastColumn, from, to) }
