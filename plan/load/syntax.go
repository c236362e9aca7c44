package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

const ruleSyntax = "yaml-syntax"

// maxFileSize bounds a file of a plan, in bytes: ten thousand recordings take less than 4 MB.
const maxFileSize = 64 << 20

// syntaxProblem is the parser's error with its position, and a hint.
type syntaxProblem struct {
	at      plan.Span
	message string
	hint    plan.Hint
	certain bool // the cause is known, and it is not the layout of lines
}

// parse parses the only document of a text. The node is nil where the parser refuses it.
func parse(s *plan.Source) (*yaml.Node, *syntaxProblem) {
	if problem := forbiddenText(s); problem != nil {
		return nil, problem
	}
	decoder := yaml.NewDecoder(bytes.NewReader(s.Text))
	document, err := nextDocument(decoder)
	if errors.Is(err, io.EOF) {
		return nil, &syntaxProblem{at: s.CharacterSpan(1, 1), message: "the file contains no YAML document", hint: plan.NewHint("begin with version: 1")}
	}
	if err != nil {
		return nil, syntaxProblemOf(s, decoder, err)
	}
	if second, err := nextDocument(decoder); err == nil {
		return document, &syntaxProblem{
			at: s.CharacterSpan(second.Line, second.Column), message: "a plan is one YAML document; a second one begins here",
			hint: plan.NewHint("write it to a file of its own and include that"),
		}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxProblemOf(s, decoder, err)
	}
	return document, nil
}

// forbiddenText reports a file that is too large, or contains what is not text. It runs before the parser, whose
// errors name no position for these.
func forbiddenText(s *plan.Source) *syntaxProblem {
	if len(s.Text) > maxFileSize {
		return &syntaxProblem{
			at: s.CharacterSpan(1, 1), message: fmt.Sprintf("the file has %d MB; at most %d are read", len(s.Text)>>20, maxFileSize>>20),
			hint: plan.NewHint("split the plan by include"),
		}
	}
	for i := 0; i < len(s.Text); {
		c := s.Text[i]
		if c >= ' ' && c < 0x7F || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(s.Text[i:])
		at := func(size int) plan.Span {
			line, column := s.Place(i)
			return s.SpanOf(line, column, i, i+size)
		}
		if r == utf8.RuneError && size == 1 {
			return &syntaxProblem{at: at(1), message: fmt.Sprintf("byte 0x%02x is not UTF-8", c), hint: plan.NewHint("save the file as UTF-8 text")}
		}
		if r < ' ' || r >= 0x7F && r < 0xA0 && r != 0x85 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF {
			return &syntaxProblem{at: at(size), message: fmt.Sprintf("the control character %U is not allowed", r), hint: plan.NewHint("save the file as UTF-8 text")}
		}
		i += size
	}
	return nil
}

// nextDocument parses one document and turns the parser's panics, of which it has some, into errors.
func nextDocument(decoder *yaml.Decoder) (document *yaml.Node, err error) {
	defer func() {
		if v := recover(); v != nil {
			document, err = nil, errors.New("yaml: the text is more than the parser can take")
		}
	}()
	var node yaml.Node
	if err := decoder.Decode(&node); err != nil {
		return nil, err
	}
	return &node, nil
}

// wrongLine matches the line number in the parser's messages, which is not reliable.
var wrongLine = regexp.MustCompile(`^yaml: (line \d+: )?`)

// syntaxProblemOf tells where the parser stopped. The line in the message of yaml.v3 is that of the construct around
// the mistake, and counts from 0 or from 1 depending on the stage; the parser has the exact position in fields that
// it does not export, which are read by reflection.
func syntaxProblemOf(s *plan.Source, decoder *yaml.Decoder, err error) *syntaxProblem {
	message := wrongLine.ReplaceAllString(err.Error(), "")
	mark := problemMark
	switch {
	case strings.HasPrefix(message, "unknown anchor"):
		mark = "parser.event.start_mark"
	case message == "found unexpected end of stream":
		mark = "parser.parser.context_mark" // where the open quote stands
	}
	line, column := parserPosition(decoder, mark)
	problem := &syntaxProblem{at: s.CharacterSpan(line, column), message: message}
	if strings.HasPrefix(message, "unknown anchor") {
		if hint := syntaxHint(s, line, starMessage); hint.Text != "" {
			problem.message, problem.hint = "YAML reads a text that begins with * as an alias", hint
			return problem
		}
		problem.message = "aliases are not allowed, and this one names no anchor"
		problem.hint = plan.NewHint("write the value out, or put what recordings share under defaults")
		return problem
	}
	if line >= 1 && line <= len(s.Starts) {
		from := s.Starts[line-1]
		if quote, at, hint := typographicHint(s, line, string(s.Text[from:s.LineEnd(from)])); quote != 0 {
			problem.at, problem.message, problem.hint = at, fmt.Sprintf("%c (%U) is a typographic quote, which YAML reads as a letter", quote, quote), hint
			return problem
		}
		problem.hint = syntaxHint(s, line, message)
	}
	stopped, _ := parserPosition(decoder, problemMark)
	if open := unclosed(s, stopped); open != nil {
		return open
	}
	return problem
}

// problemMark is the path of fields in a decoder of yaml.v3 to where its parser stopped.
const problemMark = "parser.parser.problem_mark"

// parserPosition reads a mark of a parser that has stopped; the beginning of the text where there is none, as in another version of
// yaml.v3.
func parserPosition(decoder *yaml.Decoder, path string) (line, column int) {
	v := reflect.ValueOf(decoder)
	for name := range strings.SplitSeq(path, ".") {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return 1, 1
		}
		v = v.FieldByName(name)
	}
	if v.Kind() != reflect.Struct {
		return 1, 1
	}
	l, c := v.FieldByName("line"), v.FieldByName("column")
	if !l.IsValid() || !c.IsValid() || !l.CanInt() || !c.CanInt() {
		return 1, 1
	}
	return int(l.Int()) + 1, int(c.Int()) + 1
}
