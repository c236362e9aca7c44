package plan

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// redacted replaces, in every output, what must not be shown.
const redacted = "[redacted]"

// Reference is a ${NAME} or ${file:PATH} in a text.
type Reference struct {
	File string // path, relative to the plan's folder; "" for a variable
	Name string // variable; "" for a file
}

// String writes the reference as plans do.
func (r Reference) String() string {
	if r.File != "" {
		return "${file:" + r.File + "}"
	}
	return "${" + r.Name + "}"
}

// Lookup gives the value of a reference. It is called at each use, so that rotated secrets take effect. Its error
// must not contain any value.
type Lookup func(Reference) (string, error)

// ErrNoLookup is wrapped by an [UnresolvedError] where there was no lookup to ask.
var ErrNoLookup = errors.New("references are not resolved here")

// UnresolvedError says that a reference has no value. It names the reference and never a value.
type UnresolvedError struct {
	Reference Reference
	Err       error // of the lookup
}

func (e *UnresolvedError) Error() string {
	return fmt.Sprintf("resolve %s: %v", e.Reference, e.Err)
}

func (e *UnresolvedError) Unwrap() error { return e.Err }

// Text is a text of the plan that may hold references and placeholders, and may be secret. It cannot be printed by
// accident: every way of formatting, marshalling or logging it shows references as written, and a secret's literal
// text as [redacted].
//
// The content stands behind two pointers, since fmt calls no method on an unexported field and prints what it finds
// there: of a pointer the address, but for a verb that does not fit what one pointer leads to.
type Text struct{ t *text }

// text is what the first pointer of a Text leads to.
type text struct{ *textContent }

// textContent is never changed once it is made, so that copies of a Text may share it.
type textContent struct {
	pos   Pos
	kind  TextKind
	parts []TextPart
}

// TextKind says what of a text may be shown and whether it knows placeholders.
type TextKind uint8

const (
	TextPlain    TextKind = iota // shown; what its references resolve to may be shown too
	TextSecret                   // nothing but its references may be shown
	TextAddress                  // an address whose user, path and query are secret
	TextURL                      // shown, with placeholders; what its references resolve to is secret
	TextTemplate                 // shown, with placeholders: cname and prefix
)

// placeholders says whether braces in a text of this kind are placeholders.
func (k TextKind) placeholders() bool { return k == TextURL || k == TextTemplate }

// partKind is the kind of a piece of a text.
type partKind uint8

const (
	PartLiteral     partKind = iota
	PartReference            // ${NAME} or ${file:PATH}
	PartPlaceholder          // {name}, in kinds that know placeholders
)

// TextPart is a piece of a text: literal text, a reference or a placeholder.
type TextPart struct {
	Kind partKind
	S    string    // the literal text, or the placeholder's name without braces
	ref  Reference // of a reference
}

// IsZero says whether the plan gives no text at all.
func (t Text) IsZero() bool { return t.t == nil }

// IsEmpty says whether the plan gives a text of nothing.
func (t Text) IsEmpty() bool {
	return t.t != nil && !slices.ContainsFunc(t.t.parts, func(p TextPart) bool { return p.Kind != PartLiteral || p.S != "" })
}

// Pos is the position of the text in the plan.
func (t Text) Pos() Pos {
	if t.t == nil {
		return Pos{}
	}
	return t.t.pos
}

// Secret says whether the resolved text must not be shown.
func (t Text) Secret() bool {
	if t.t == nil {
		return false
	}
	switch t.t.kind {
	case TextSecret, TextAddress:
		return true
	case TextURL:
		return slices.ContainsFunc(t.t.parts, func(p TextPart) bool { return p.Kind == PartReference })
	default:
		return false
	}
}

// Equal says whether both texts are written alike and have the same kind, wherever they are.
func (t Text) Equal(other Text) bool {
	if t.t == other.t {
		return true
	}
	if t.t == nil || other.t == nil {
		return false
	}
	return t.t.kind == other.t.kind && slices.Equal(t.t.parts, other.t.parts)
}

// References lists the references in the text, in order.
func (t Text) References() []Reference {
	if t.t == nil {
		return nil
	}
	var refs []Reference
	for _, p := range t.t.parts {
		if p.Kind == PartReference {
			refs = append(refs, p.ref)
		}
	}
	return refs
}

// Resolve gives the text with every reference replaced. The result is secret where the text is; never store it.
// The error is an [*UnresolvedError].
func (t Text) Resolve(lookup Lookup) (string, error) {
	if t.t == nil {
		return "", nil
	}
	if len(t.t.parts) == 1 && t.t.parts[0].Kind == PartLiteral {
		return t.t.parts[0].S, nil
	}
	var b strings.Builder
	for _, p := range t.t.parts {
		switch p.Kind {
		case PartLiteral:
			b.WriteString(p.S)
		case PartPlaceholder:
			b.WriteString("{" + p.S + "}")
		case PartReference:
			if lookup == nil {
				return "", &UnresolvedError{Reference: p.ref, Err: ErrNoLookup}
			}
			value, err := lookup(p.ref)
			if err != nil {
				return "", &UnresolvedError{Reference: p.ref, Err: err}
			}
			b.WriteString(value)
		}
	}
	return b.String(), nil
}

// ResolveMasked gives the resolved text as it may be shown: with public values in place, and [redacted] for the rest.
func (t Text) ResolveMasked(lookup Lookup) (string, error) {
	if t.t == nil {
		return "", nil
	}
	switch t.t.kind {
	case TextSecret:
		return redacted, nil
	case TextAddress:
		s, err := t.Resolve(lookup)
		if err != nil {
			return "", err
		}
		return maskAddress([]TextPart{{S: s}}), nil
	case TextURL:
		s, err := t.Resolve(masked(lookup))
		return MaskUser(s), err
	default:
		return t.Resolve(lookup)
	}
}

// masked is a lookup that gives [redacted] for each value that there is; nil stays nil.
func masked(lookup Lookup) Lookup {
	if lookup == nil {
		return nil
	}
	return func(r Reference) (string, error) {
		_, err := lookup(r)
		return redacted, err
	}
}

// String shows the text masked: references and placeholders as written, secret literal text as [redacted].
func (t Text) String() string {
	if t.t == nil {
		return ""
	}
	switch t.t.kind {
	case TextSecret:
		return maskLiterals(t.t.parts)
	case TextAddress:
		return maskAddress(t.t.parts)
	case TextURL:
		return MaskUser(Written(t.t.parts))
	default:
		return Written(t.t.parts)
	}
}

// Format shows the text masked, whatever the verb.
func (t Text) Format(f fmt.State, verb rune) {
	s := t.String()
	switch {
	case verb == 'q':
		fmt.Fprintf(f, "%q", s)
	case verb == 'v' && f.Flag('#'):
		fmt.Fprintf(f, "plan.Text(%q)", s)
	default:
		fmt.Fprintf(f, fmt.FormatString(shownAs{f}, 's'), s)
	}
}

// shownAs passes width, precision and minus of a verb on and drops the flags that would change what %s prints.
type shownAs struct{ fmt.State }

func (s shownAs) Flag(c int) bool { return c == '-' && s.State.Flag(c) }

// MarshalText gives the masked text; encoding/json, yaml.v3 and log/slog use it.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue shows the text masked.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Written gives the parts as plans write them. A literal dollar is doubled only where it would otherwise begin a
// reference.
func Written(parts []TextPart) string {
	if len(parts) == 1 && parts[0].Kind == PartLiteral && !strings.Contains(parts[0].S, "${") {
		return parts[0].S
	}
	var b strings.Builder
	for _, p := range parts {
		switch p.Kind {
		case PartLiteral:
			b.WriteString(strings.ReplaceAll(p.S, "${", "$${"))
		case PartReference:
			b.WriteString(p.ref.String())
		case PartPlaceholder:
			b.WriteString("{" + p.S + "}")
		}
	}
	return b.String()
}

// maskLiterals shows references as written and replaces everything else.
func maskLiterals(parts []TextPart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Kind == PartReference {
			b.WriteString(p.ref.String())
		} else {
			b.WriteString(redacted)
		}
	}
	return b.String()
}

// maskAddress shows scheme and host as written. Path and query are shown where they contain a reference, since the
// secret is then behind it; otherwise they are redacted, and so is a literal user. A text with neither a scheme nor a
// reference is not an address, and is redacted whole.
func maskAddress(parts []TextPart) string {
	authority, path := SplitAddress(parts)
	hasReference := func(parts []TextPart) bool {
		return slices.ContainsFunc(parts, func(p TextPart) bool { return p.Kind == PartReference })
	}
	if !hasReference(parts) && !strings.Contains(Written(authority), "://") {
		return redacted
	}
	head := maskUser(Written(authority))
	switch tail := Written(path); {
	case tail == "" || tail == "/":
		return head + tail
	case hasReference(path):
		return head + tail
	default:
		return head + "/" + redacted
	}
}

// maskUser redacts what precedes the @ of an authority.
func maskUser(head string) string {
	at := strings.LastIndexByte(head, '@')
	if at < 0 {
		return head
	}
	scheme := 0
	if i := strings.Index(head, "://"); i >= 0 && i < at {
		scheme = i + len("://")
	}
	return head[:scheme] + redacted + head[at:]
}

// MaskUser redacts user and password in a web address, unless they consist of references. A password may contain a
// character that ends the host; the address is then broken, and the password is still secret.
func MaskUser(address string) string {
	var b strings.Builder
	rest := address
	for user := range UsersOf(address) {
		if shown := OnlyReferences.ReplaceAllString(user.Text, ""); shown != "" && shown != ":" && shown != redacted {
			b.WriteString(rest[:user.at-(len(address)-len(rest))] + redacted)
			rest = address[user.at+len(user.Text):]
		}
	}
	return b.String() + rest
}

// userPart is the user of an address, with a password or without, and where it begins.
type userPart struct {
	Text string
	at   int
}

// UsersOf gives the users in an address, which may contain another address in its query.
func UsersOf(address string) iter.Seq[userPart] {
	return func(yield func(userPart) bool) {
		end := strings.LastIndexByte(address, '@') + 1 // behind the last one there is none
		for i := 0; i < end; {
			from, at := userOf(address[i:end])
			switch {
			case at >= 0 && !yield(userPart{address[i+from : i+at], i + from}), at < 0 && from == 0:
				return
			}
			i += max(from, at)
		}
	}
}

// OnlyReferences matches the references in a user, which may be shown.
var OnlyReferences = regexp.MustCompile(`\$\{[^{}]*\}`)

// userOf gives where the user of an address begins and where its @ is; -1 for none.
func userOf(address string) (from, at int) {
	scheme := strings.Index(address, "://")
	if scheme < 0 {
		return 0, -1
	}
	from = scheme + len("://")
	authority := address[from:]
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		return from, from + i
	}
	_, port, ok := strings.Cut(authority, ":")
	if !ok || port == "" || strings.HasPrefix(authority, "[") || port[0] == '$' || port[0] == '{' || IsDigit(port[0]) {
		return from, -1
	}
	return from, strings.LastIndexByte(address, '@')
}

// SplitAddress splits the parts of an address where the path, the query or the fragment begins.
func SplitAddress(parts []TextPart) (authority, path []TextPart) {
	for i, p := range parts {
		if p.Kind != PartLiteral {
			continue
		}
		from := 0
		if i == 0 {
			if scheme := strings.Index(p.S, "://"); scheme >= 0 {
				from = scheme + len("://")
			}
		}
		cut := strings.IndexAny(p.S[from:], "/?#")
		if cut < 0 {
			continue
		}
		cut += from
		authority = append(slices.Clone(parts[:i]), TextPart{S: p.S[:cut]})
		path = append([]TextPart{{S: p.S[cut:]}}, parts[i+1:]...)
		return authority, path
	}
	return parts, nil
}

// BuiltinPlaceholders are the placeholders that every plan has, in addition to its labels.
var BuiltinPlaceholders = []string{"plan", "id", "date", "time"}

// Parts are the pieces of the text, in order. Their literal text may be secret, see [Text.Secret]. The caller must
// not modify them.
func (t Text) Parts() []TextPart {
	if t.t == nil {
		return nil
	}
	return t.t.parts
}
