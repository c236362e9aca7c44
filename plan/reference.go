package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// SyntaxError says what is wrong with a text of the plan, and what to try. Its message never contains the text of a
// secret.
type SyntaxError struct {
	Message string
	Hint    Hint
}

func (e *SyntaxError) Error() string { return e.Message }

// SyntaxErrorf makes a [*SyntaxError] from a hint and a formatted message.
func SyntaxErrorf(hint, format string, args ...any) error {
	return SyntaxErrorHint(NewHint(hint), format, args...)
}

// maxParts bounds the references and placeholders of one text. Plans need a few; without a bound a text of a megabyte
// would cost each rule as much work.
const maxParts = 100

// SyntaxErrorHint is [SyntaxErrorf] with a hint that may be an edit.
func SyntaxErrorHint(t Hint, format string, args ...any) error {
	return &SyntaxError{fmt.Sprintf(format, args...), t}
}

// NewText parses the references of s and, where the kind has them, its placeholders. "$$" is a dollar; a dollar
// before anything but a dollar or a brace stays a dollar. The error is a [*SyntaxError] that contains nothing of s,
// since s may be secret.
func NewText(s string, pos Pos, kind TextKind) (Text, error) {
	t := &textContent{pos: pos, kind: kind}
	if !strings.ContainsAny(s, "${") {
		t.parts = []TextPart{{S: s}}
		return Text{&text{t}}, nil
	}
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.parts = append(t.parts, TextPart{S: literal.String()})
			literal.Reset()
		}
	}
	named := 0 // references and placeholders so far
	for i := 0; i < len(s); {
		rest := s[i:]
		switch {
		case named > maxParts:
			return Text{}, SyntaxErrorf("split it, or give the whole text by one reference", "the text contains more than %d references and placeholders", maxParts)
		case strings.HasPrefix(rest, "$$"):
			literal.WriteByte('$')
			i += 2
		case strings.HasPrefix(rest, "${"):
			ref, length, err := scanReference(rest, s[:i])
			if err != nil {
				return Text{}, err
			}
			flush()
			t.parts = append(t.parts, TextPart{Kind: PartReference, ref: ref})
			named++
			i += length
		case rest[0] == '{' && kind.placeholders():
			name := ScanPlaceholder(rest)
			if name == "" {
				literal.WriteByte('{')
				i++
				continue
			}
			flush()
			t.parts = append(t.parts, TextPart{Kind: PartPlaceholder, S: name})
			named++
			i += len(name) + len("{}")
		default:
			literal.WriteByte(rest[0])
			i++
		}
	}
	flush()
	if len(t.parts) == 0 {
		t.parts = []TextPart{{}}
	}
	return Text{&text{t}}, nil
}

const referenceHint = "write ${NAME} for a variable, ${file:PATH} for a file, or $$ for a dollar"

// scanReference parses the reference at the beginning of s and gives its length in bytes. before is the text in front
// of it, which messages count characters in.
func scanReference(s, before string) (Reference, int, error) {
	column := func() int { return utf8.RuneCountInString(before) + 1 }
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return Reference{}, 0, SyntaxErrorf(referenceHint, "the reference that begins at character %d has no closing brace", column())
	}
	inner := s[len("${"):end]
	if path, ok := strings.CutPrefix(inner, "file:"); ok {
		if strings.TrimSpace(path) == "" || strings.ContainsAny(path, "\x00\n\r{$") {
			return Reference{}, 0, SyntaxErrorf(referenceHint, "the reference at character %d has no usable path", column())
		}
		return Reference{File: path}, end + 1, nil
	}
	if !IsVariableName(inner) {
		return Reference{}, 0, SyntaxErrorf(referenceHint,
			"the reference at character %d is not the name of a variable: letters, digits and _, not beginning with a digit", column())
	}
	return Reference{Name: inner}, end + 1, nil
}

// IsVariableName says whether s can be the name of an environment variable: letters, digits and _, not beginning with
// a digit.
func IsVariableName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c == '_' || IsLetter(c) || i > 0 && IsDigit(c)) {
			return false
		}
	}
	return s != ""
}

// ScanPlaceholder gives the name of the placeholder that s begins with; "" where the brace is only a brace.
func ScanPlaceholder(s string) string {
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == '}' {
			return s[1:i]
		}
		if !(c == '_' || c == '-' || c == '.' || IsLetter(c) || IsDigit(c)) {
			return ""
		}
	}
	return ""
}

// IsLetter says whether c is an ASCII letter.
func IsLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func IsDigit(c byte) bool  { return '0' <= c && c <= '9' }

// PrefixValue drops the characters of a value that Agora does not allow in a folder of a prefix: all but ASCII letters and
// digits.
func PrefixValue(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (IsLetter(byte(r)) || IsDigit(byte(r))) {
			return r
		}
		return -1
	}, s)
}

// Placeholders lists the names of the placeholders in the text, in order and without duplicates.
func (t Text) Placeholders() []string {
	if t.t == nil {
		return nil
	}
	var names []string
	for _, p := range t.t.parts {
		if p.Kind == PartPlaceholder && !slices.Contains(names, p.S) {
			names = append(names, p.S)
		}
	}
	return names
}

// ExpandBy replaces the placeholders for which value has one. It leaves the others as written and returns their
// names, without duplicates.
func (t Text) ExpandBy(value func(name string) (string, bool)) (Text, []string) {
	if t.t == nil || !slices.ContainsFunc(t.t.parts, func(p TextPart) bool { return p.Kind == PartPlaceholder }) {
		return t, nil
	}
	var unknown []string
	expanded := &textContent{pos: t.t.pos, kind: t.t.kind}
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			expanded.parts = append(expanded.parts, TextPart{S: literal.String()})
			literal.Reset()
		}
	}
	for _, p := range t.t.parts {
		if p.Kind == PartLiteral {
			literal.WriteString(p.S)
			continue
		}
		if p.Kind == PartPlaceholder {
			if v, ok := value(p.S); ok {
				literal.WriteString(v)
				continue
			}
			if !slices.Contains(unknown, p.S) {
				unknown = append(unknown, p.S)
			}
		}
		flush()
		expanded.parts = append(expanded.parts, p)
	}
	flush()
	if len(expanded.parts) == 0 {
		expanded.parts = []TextPart{{}}
	}
	return Text{&text{expanded}}, unknown
}

// WebAddress matches an address up to where a reference or placeholder may begin, so that https:// alone matches.
var WebAddress = regexp.MustCompile(`(?i)^https?://([^\s/?#].*)?$`)
