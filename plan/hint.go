package plan

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Hint is what a finding suggests and, where it is definite, the edit that carries it out.
type Hint struct {
	Text        string
	Replacement string // replaces what stands at the finding's place; "" for no edit
	Part        string // only this piece of it is replaced; "" for all of it
	Raw         bool   // Replacement is YAML already, a number for instance, and is not quoted
	ValueOnly   bool   // it replaces a value, and is no edit where the finding's place is a key
	At          Span   // the edit is there, and Replacement is YAML; the zero span is the finding's place
}

// NewHint is a hint without an edit.
func NewHint(text string) Hint { return Hint{Text: text} }

// WriteHint is the hint to write a text in place of the value.
func WriteHint(text string) Hint { return Hint{Text: "write " + text, Replacement: text} }

// WriteRawHint is the hint to write a number, a duration or a word of YAML, which needs no quotes.
func WriteRawHint(text string) Hint { return Hint{Text: "write " + text, Replacement: text, Raw: true} }

// Append adds words to the text of a hint, unless it is empty.
func (t Hint) Append(words string) Hint {
	if t.Text != "" {
		t.Text += words
	}
	return t
}

// Fix turns a hint into an edit of the file. It is the zero Fix where the hint is not definite, or where the position
// is not certain.
func (s *Source) Fix(at Span, t Hint) Fix {
	if t.Replacement == "" && t.At == (Span{}) || s.Newlines != nil || at == (Span{}) {
		return Fix{}
	}
	if t.At != (Span{}) {
		return Fix{At: s.Pos(t.At), Text: t.Replacement}
	}
	from, to := s.Offset(int(at.Line), int(at.Column)), s.Offset(int(at.EndLine), int(at.EndColumn))
	if from > to || at.Line != at.EndLine {
		return Fix{}
	}
	there := string(s.Text[from:to])
	if t.ValueOnly && to < len(s.Text) && s.Text[to] == ':' {
		return Fix{}
	}
	text := t.Replacement
	switch {
	case t.Part != "":
		if strings.Count(there, t.Part) != 1 {
			return Fix{}
		}
		text = strings.Replace(there, t.Part, t.Replacement, 1)
		if !isQuoted(there) && !SafePlain.MatchString(text) {
			return Fix{}
		}
	case !t.Raw:
		text = Scalar(t.Replacement, there)
	}
	return Fix{At: s.Pos(at), Text: text}
}

// SafePlain matches texts that YAML reads unchanged without quotes, also inside {} and [].
var SafePlain = regexp.MustCompile(`^[A-Za-z0-9/$][A-Za-z0-9 ._/@+%=?&~:$-]*$`)

// likeOther matches texts that YAML reads as something other than text without quotes.
var likeOther = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|null|y|n|~|[0-9.+_xe-]+|\.(inf|nan))$`)

func isQuoted(s string) bool { return s != "" && (s[0] == '"' || s[0] == '\'') }

// Scalar writes a text as YAML. It uses quotes where the text needs them or where the replaced text had some.
func Scalar(text, instead string) string {
	plain := SafePlain.MatchString(text) && !strings.Contains(text, ": ") && !strings.HasSuffix(text, ":") && !strings.HasSuffix(text, " ")
	switch {
	case strings.HasPrefix(instead, "'") && !strings.Contains(text, "'"):
		return "'" + text + "'"
	case isQuoted(instead), !plain, likeOther.MatchString(text):
		return strconv.Quote(text)
	}
	return text
}

// Apply carries out the fix on the text of its file and returns the new text.
func (f Fix) Apply(text []byte) []byte {
	text, mark := bytes.CutPrefix(text, []byte("\uFEFF"))
	s := NewSource(f.At.File, text)
	from, to := s.Offset(f.At.Line, f.At.Column), s.Offset(f.At.EndLine, f.At.EndColumn)
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

// NumberHint is the hint to write another number. The number may be a part of the written value, as in 720p30.
func NumberHint(key string, given any, instead string) Hint {
	return Hint{Text: fmt.Sprintf("write %s: %s", key, instead), Part: fmt.Sprint(given), Replacement: instead, Raw: true}
}
