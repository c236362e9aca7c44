package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
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
	var w textWriter
	named := 0 // references and placeholders so far
	for i := 0; i < len(s); {
		rest := s[i:]
		switch {
		case named > maxParts:
			return Text{}, SyntaxErrorf("split it, or give the whole text by one reference", "the text contains more than %d references and placeholders", maxParts)
		case strings.HasPrefix(rest, "$$"):
			w.literal.WriteByte('$')
			i += 2
		case strings.HasPrefix(rest, "${"):
			ref, length, err := scanReference(rest, s[:i])
			if err != nil {
				return Text{}, err
			}
			w.add(TextPart{Kind: PartReference, ref: ref})
			named++
			i += length
		case rest[0] == '{' && kind.placeholders() && ScanPlaceholder(rest) != "":
			name := ScanPlaceholder(rest)
			w.add(TextPart{Kind: PartPlaceholder, S: name})
			named++
			i += len(name) + len("{}")
		default:
			w.literal.WriteByte(rest[0])
			i++
		}
	}
	return w.text(pos, kind), nil
}

// textWriter puts a text together: literal text that follows literal text is one part.
type textWriter struct {
	parts   []TextPart
	literal strings.Builder
}

// add ends the literal text so far and adds another part.
func (w *textWriter) add(p TextPart) {
	w.flush()
	w.parts = append(w.parts, p)
}

func (w *textWriter) flush() {
	if w.literal.Len() > 0 {
		w.parts = append(w.parts, TextPart{S: w.literal.String()})
		w.literal.Reset()
	}
}

// text is what was written. An empty text has one part too.
func (w *textWriter) text(pos Pos, kind TextKind) Text {
	if w.flush(); len(w.parts) == 0 {
		w.parts = []TextPart{{}}
	}
	return Text{&text{&textContent{pos: pos, kind: kind, parts: w.parts}}}
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

// variableName matches the names of environment variables.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// IsVariableName says whether s can be the name of an environment variable: letters, digits and _, not beginning with
// a digit.
func IsVariableName(s string) bool { return variableName.MatchString(s) }

// placeholder matches a placeholder at the beginning of a text.
var placeholder = regexp.MustCompile(`^\{([A-Za-z0-9_.-]+)\}`)

// ScanPlaceholder gives the name of the placeholder that s begins with; "" where the brace is only a brace.
func ScanPlaceholder(s string) string {
	if m := placeholder.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// IsDigit says whether c is an ASCII digit.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// PrefixValue drops the characters of a value that Agora does not allow in a folder of a prefix: all but ASCII letters and digits.
func PrefixValue(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
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
	var w textWriter
	for _, p := range t.t.parts {
		switch p.Kind {
		case PartLiteral:
			w.literal.WriteString(p.S)
		case PartReference:
			w.add(p)
		case PartPlaceholder:
			if v, ok := value(p.S); ok {
				w.literal.WriteString(v)
				continue
			}
			if !slices.Contains(unknown, p.S) {
				unknown = append(unknown, p.S)
			}
			w.add(p)
		}
	}
	return w.text(t.t.pos, t.t.kind), unknown
}

// BeginsWebAddress says whether literal text, which a reference or placeholder may follow, begins a web address: http or https,
// and then a host or nothing.
func BeginsWebAddress(s string) bool {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return false
	}
	return rest == "" || strings.IndexAny(rest, " \t\r\f\n/?#") != 0 && !strings.Contains(rest, "\n")
}
