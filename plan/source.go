package plan

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// span is a place in one file: lines and columns from 1, in characters, the end exclusive. The zero span is nowhere.
type span struct{ line, column, endLine, endColumn int32 }

// source is the text of one file, with what it takes to tell where a scalar ends: yaml.v3 only tells where it starts.
type source struct {
	path   string
	text   []byte
	starts []int // offset at which each of YAML's lines starts
	// newlines is the same for lines that end with a line feed, as editors count them. It is nil where the two agree;
	// YAML also breaks lines at a lone CR, at NEL, LS and PS.
	newlines []int
	// The last place looked up. Nodes come in document order, so that the next look-up in a long line goes on from here.
	lastLine, lastColumn, lastOffset int
}

func newSource(path string, text []byte) *source {
	s := &source{path: path, text: text}
	s.starts = append(make([]int, 0, 1+bytes.Count(text, []byte{'\n'})), 0)
	odd := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			s.starts = append(s.starts, i+1)
		case c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			s.starts, odd = append(s.starts, i+1), true
		case c == 0xC2 && i+1 < len(text) && text[i+1] == 0x85:
			s.starts, odd = append(s.starts, i+2), true
		case c == 0xE2 && i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9):
			s.starts, odd = append(s.starts, i+3), true
		}
	}
	if odd {
		s.newlines = []int{0}
		for i, c := range text {
			if c == '\n' {
				s.newlines = append(s.newlines, i+1)
			}
		}
	}
	return s
}

// offset gives the byte at which YAML's line and column stand, kept inside the text.
func (s *source) offset(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(s.starts) {
		return len(s.text)
	}
	offset, at := s.starts[line-1], 1
	if s.lastLine == line && s.lastColumn <= column {
		offset, at = s.lastOffset, s.lastColumn
	}
	for at < column && offset < len(s.text) {
		if s.text[offset] < utf8.RuneSelf {
			offset++
		} else {
			_, size := utf8.DecodeRune(s.text[offset:])
			offset += size
		}
		at++
	}
	s.lastLine, s.lastColumn, s.lastOffset = line, at, offset
	return offset
}

// place turns a range of bytes, which starts at YAML's line and column, into a span.
func (s *source) place(line, column, from, to int) span {
	if s.newlines == nil {
		end, endColumn := line, column
		for end < len(s.starts) && s.starts[end] <= to {
			end++
		}
		if end != line {
			endColumn, from = 1, s.starts[end-1]
		}
		endColumn += utf8.RuneCount(s.text[from:to])
		return span{int32(line), int32(column), int32(end), int32(endColumn)}
	}
	l, c := s.newlinePlace(from)
	el, ec := s.newlinePlace(to)
	return span{l, c, el, ec}
}

func (s *source) newlinePlace(offset int) (line, column int32) {
	i := sort.SearchInts(s.newlines, offset+1)
	return int32(i), int32(utf8.RuneCount(s.text[s.newlines[i-1]:offset]) + 1)
}

// mark is the span of the one character at YAML's line and column, or an empty one at the end of a line or of the text.
func (s *source) mark(line, column int) span {
	line = max(1, min(line, len(s.starts)))
	from := s.offset(line, max(1, column))
	to := from
	if from < len(s.text) && s.text[from] != '\n' && s.text[from] != '\r' {
		_, size := utf8.DecodeRune(s.text[from:])
		to += size
	}
	return s.place(line, s.lastColumn, from, to)
}

// lineEnd is the end of the line's last word, seen from an offset in it.
func (s *source) lineEnd(from int) int {
	to := from
	for to < len(s.text) && s.text[to] != '\n' && s.text[to] != '\r' {
		to++
	}
	for to > from && (s.text[to-1] == ' ' || s.text[to-1] == '\t') {
		to--
	}
	return to
}

// pos names the file of a span. The zero span is nowhere.
func (s *source) pos(at span) Pos {
	if at == (span{}) {
		return Pos{}
	}
	return Pos{File: s.path, Line: int(at.line), Column: int(at.column), EndLine: int(at.endLine), EndColumn: int(at.endColumn)}
}

// placeHere is [source.place] of a range that starts at the line and column looked up last.
func (s *source) placeHere(line, from, to int) span { return s.place(line, s.lastColumn, from, to) }
