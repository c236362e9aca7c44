package plan

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// tip is a hint and, where it is definite, the edit that it describes.
type tip struct {
	text  string
	with  string // replaces what stands at the finding's place; "" for no edit
	of    string // only this piece of it is replaced; "" for all of it
	raw   bool   // with is YAML already, a number for instance, and is not quoted
	value bool   // it replaces a value, and is no edit where the finding's place is a key
	at    span   // the edit is there, and with is YAML; the zero span is the finding's place
}

// say is a hint without an edit.
func say(text string) tip { return tip{text: text} }

// write is the hint to write a text.
func write(text string) tip { return tip{text: "write " + text, with: text} }

// writeRaw is the hint to write a number, a length of time, or a word of YAML.
func writeRaw(text string) tip { return tip{text: "write " + text, with: text, raw: true} }

// also adds words to a hint.
func (t tip) also(words string) tip {
	if t.text != "" {
		t.text += words
	}
	return t
}

// fix turns a tip into an edit of the file; the zero Fix where it is not definite, or where the place cannot be told.
func (s *source) fix(at span, t tip) Fix {
	if t.with == "" && t.at == (span{}) || s.newlines != nil || at == (span{}) {
		return Fix{}
	}
	if t.at != (span{}) {
		return Fix{At: s.pos(t.at), Text: t.with}
	}
	from, to := s.offset(int(at.line), int(at.column)), s.offset(int(at.endLine), int(at.endColumn))
	if from > to || at.line != at.endLine {
		return Fix{}
	}
	there := string(s.text[from:to])
	if t.value && to < len(s.text) && s.text[to] == ':' {
		return Fix{}
	}
	text := t.with
	switch {
	case t.of != "":
		if strings.Count(there, t.of) != 1 {
			return Fix{}
		}
		text = strings.Replace(there, t.of, t.with, 1)
		if !isQuoted(there) && !safePlain.MatchString(text) {
			return Fix{}
		}
	case !t.raw:
		text = scalar(t.with, there)
	}
	return Fix{At: s.pos(at), Text: text}
}

// safePlain are texts that YAML reads as what they are without quotes, also inside of {} and [].
var safePlain = regexp.MustCompile(`^[A-Za-z0-9/$][A-Za-z0-9 ._/@+%=?&~:$-]*$`)

// likeOther are texts that YAML takes for something else than a text.
var likeOther = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|null|y|n|~|[0-9.+_xe-]+|\.(inf|nan))$`)

func isQuoted(s string) bool { return s != "" && (s[0] == '"' || s[0] == '\'') }

// scalar writes a text as YAML, in quotes where it needs them or where what it replaces had some.
func scalar(text, instead string) string {
	plain := safePlain.MatchString(text) && !strings.Contains(text, ": ") && !strings.HasSuffix(text, ":") && !strings.HasSuffix(text, " ")
	switch {
	case strings.HasPrefix(instead, "'") && !strings.Contains(text, "'"):
		return "'" + text + "'"
	case isQuoted(instead), !plain, likeOther.MatchString(text):
		return strconv.Quote(text)
	}
	return text
}

// Apply carries the fix out on the text of its file.
func (f Fix) Apply(text []byte) []byte {
	text, mark := bytes.CutPrefix(text, []byte("\uFEFF"))
	s := newSource(f.At.File, text)
	from, to := s.offset(f.At.Line, f.At.Column), s.offset(f.At.EndLine, f.At.EndColumn)
	if to < from {
		to = from
	}
	fixed := make([]byte, 0, 3+len(text)+len(f.Text))
	if mark {
		fixed = append(fixed, "\uFEFF"...)
	}
	fixed = append(append(append(fixed, text[:from]...), f.Text...), text[to:]...)
	return fixed
}

// number is the hint to write another number. It may be a part of what stands there, as in 720p30.
func number(key string, given any, instead string) tip {
	return tip{text: fmt.Sprintf("write %s: %s", key, instead), of: fmt.Sprint(given), with: instead, raw: true}
}
