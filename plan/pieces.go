package plan

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"gopkg.in/yaml.v3"
)

// A long file is read in pieces, several at a time: the block below its key recordings is cut between recordings, and
// what is left of the file, its frame, is read by itself. The nodes of a piece go as soon as it is decoded, where those
// of a whole file are twenty times the size of its text.
//
// A cut is sound where the parser, having read all that precedes it, is within the mapping of recordings and within
// nothing else. That needs no guess: a line with the indentation of the recordings ends every block within one of them,
// and a quote or bracket that is still open there is an error of the piece before. So a file is read in pieces when
// each of them is a mapping by itself, at the same indentation, and whole when anything is doubtful: an error of syntax,
// an alias that leads to another piece, an id that stands in two, a value left out at the end of one.

// pieceSize is how long a piece is at least, in bytes: long enough that starting a parser costs nothing.
const pieceSize = 64 << 10

// cutFile is a file's text as it is cut.
type cutFile struct {
	frame  []byte // the text without its recordings
	line   int    // of the key recordings
	lines  int    // that the frame lacks below that key
	indent int    // of the recordings, in blanks
	pieces []piece
}

type piece struct {
	text   []byte
	before int // the lines of the file before it
}

// cut finds the block of recordings and cuts it; false when there is none, or not enough of it for two pieces.
func cut(s *source, size int) (cutFile, bool) {
	if len(s.text) < 2*size || s.newlines != nil {
		return cutFile{}, false
	}
	line := func(i int) []byte {
		if i+1 < len(s.starts) {
			return s.text[s.starts[i]:s.starts[i+1]]
		}
		return s.text[s.starts[i]:]
	}
	first := 0
	for first < len(s.starts) && string(bytes.TrimRight(line(first), " \r\n")) != "recordings:" {
		first++
	}
	c := cutFile{line: first + 1}
	first++
	begin, end := first, first
	for ; end < len(s.starts); end++ {
		text := line(end)
		blanks := 0
		for blanks < len(text) && text[blanks] == ' ' {
			blanks++
		}
		if blanks == len(text) || text[blanks] == '#' || text[blanks] == '\n' || text[blanks] == '\r' {
			continue
		}
		if blanks == 0 {
			break
		}
		if c.indent == 0 {
			c.indent = blanks
		}
		if blanks == c.indent && s.starts[end]-s.starts[begin] >= size && (isLetter(text[blanks]) || isDigit(text[blanks])) {
			c.pieces = append(c.pieces, piece{s.text[s.starts[begin]:s.starts[end]], begin})
			begin = end
		}
	}
	if len(c.pieces) == 0 {
		return cutFile{}, false
	}
	after := len(s.text)
	if end < len(s.starts) {
		after = s.starts[end]
	}
	c.pieces = append(c.pieces, piece{s.text[s.starts[begin]:after], begin})
	c.frame, c.lines = slices.Concat(s.text[:s.starts[first]], s.text[after:]), end-first
	return c, true
}

// readPieces reads the file's recordings piece by piece, and parses its frame; false, and nothing is read, when the
// file has to be read whole.
func (u *unit) readPieces(size int) bool {
	c, ok := cut(u.src, size)
	if !ok || unreadable(u.src) != nil {
		return false
	}
	frame, ok := onlyDocument(c.frame)
	if !ok || frame.Kind != yaml.MappingNode {
		return false
	}
	var key *yaml.Node
	for i := 0; i < len(frame.Content); i += 2 {
		if k, value := frame.Content[i], frame.Content[i+1]; k.Value == "recordings" {
			if key != nil || k.Line != c.line || k.Column != 1 || k.Style != 0 || value.Kind != yaml.ScalarNode || value.Tag != "!!null" || value.Value != "" || value.Style != 0 || value.Anchor != "" {
				return false
			}
			key = k
			moveDown(frame, c.line, c.lines)
			frame.Content[i+1] = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: c.line + 1, Column: c.indent + 1}
		}
	}
	if key == nil {
		return false
	}
	s := spot{"recordings", u.src.node(key)}

	read := make([]entries[recordingKeys], len(c.pieces))
	found := make([]findingList, len(c.pieces))
	var next atomic.Int64
	var doubt atomic.Bool
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(c.pieces)) {
		workers.Go(func() {
			for !doubt.Load() {
				ok := false
				i := int(next.Add(1)) - 1
				if i >= len(c.pieces) {
					return
				}
				own := *u.src // it remembers where it looked last
				d := &decoder{src: &own, included: u.included}
				if read[i], ok = d.readPiece(&c.pieces[i], c.indent, s); !ok {
					doubt.Store(true)
				}
				found[i] = d.findingList
			}
		})
	}
	workers.Wait()
	if doubt.Load() {
		return false
	}
	n := 0
	for i := range read {
		n += len(read[i])
	}
	recordings := make(entries[recordingKeys], 0, n)
	seen := make(map[string]bool, n)
	for i := range read {
		for j := range read[i] {
			id := read[i][j].Key.Text
			if seen[id] {
				return false
			}
			seen[id] = true
		}
		recordings = append(recordings, read[i]...)
		read[i] = nil
	}
	u.top, u.recordings = frame, recordings
	for i := range found {
		u.addAll(&found[i])
	}
	return true
}

// readPiece reads the recordings of one piece; false when it is no mapping by itself.
func (d *decoder) readPiece(p *piece, indent int, s spot) (list entries[recordingKeys], ok bool) {
	top, ok := onlyDocument(p.text)
	if !ok || top.Kind != yaml.MappingNode || top.Style != 0 || top.Anchor != "" || top.Column != indent+1 || endsEmpty(top) {
		return nil, false
	}
	moveDown(top, 0, p.before)
	d.read(top, reflect.ValueOf(&list).Elem(), s)
	d.checkRecordings(list)
	return list, true
}

// endsEmpty says that the last value of a piece is left out: some of those stand where the next token does, which is in
// another piece.
func endsEmpty(n *yaml.Node) bool {
	for len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0
}

// moveDown adds lines to the places of the nodes below a line: those that the text lacks which was parsed.
func moveDown(n *yaml.Node, below, lines int) {
	if n.Line > below {
		n.Line += lines
	}
	for _, child := range n.Content {
		moveDown(child, below, lines)
	}
}

// onlyDocument parses a text of exactly one document.
func onlyDocument(text []byte) (*yaml.Node, bool) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	document, err := nextDocument(decoder)
	if err != nil || len(document.Content) != 1 {
		return nil, false
	}
	if _, err := nextDocument(decoder); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return document.Content[0], true
}
