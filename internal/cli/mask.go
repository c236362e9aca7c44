package cli

import (
	"bytes"
	"regexp"
	"strings"
)

// masker shows lines of a plan without the secrets that may stand in them, even where the plan is too broken to say
// which texts are secret. It errs on the side of hiding: in the parts of a plan that hold secrets, and in any it does
// not know, only keys, references and the values of keys known to be harmless are shown.
//
// It works on lines, not on YAML: what it protects is what a parser has refused.
type masker struct {
	lines []maskedLine
}

type maskedLine struct {
	text []rune
	hide bool // at the beginning of the line, values are hidden
}

// replacement hides the runes [from, until) of a line behind a text.
type replacement struct {
	from, until int
	with        string
}

const redacted = "[redacted]"

// The top-level keys below which nothing is secret; a line below any other hides its values.
var harmlessSections = map[string]bool{
	"version": true, "name": true, "include": true, "expose": true, "calendars": true,
	"rules": true, "defaults": true, "recordings": true,
}

// The keys whose values are shown where values are hidden.
var harmlessKeys = map[string]bool{
	"version": true, "name": true, "include": true, "expose": true, "rules": true, "calendars": true,
	"customer_id": true, "id": true, "limits": true, "qps": true, "concurrent": true, "streams": true,
	"sd": true, "hd": true, "fhd": true, "vendor": true, "region": true, "bucket": true, "endpoint": true,
	"prefix": true, "sse": true, "tag": true, "events": true, "file": true,
}

// A key of this look hides its value wherever it stands.
var secretKey = regexp.MustCompile(`(?i)secret|password|passwd|credential|token|webhook|(access|api|stream|private)_?-?key`)

var (
	reference  = regexp.MustCompile(`\$\{[^{}]*\}`)
	rtmpOrigin = regexp.MustCompile(`^rtmps?://[^/?#@\s]*`)
	keyToken   = regexp.MustCompile(`^(?:"[\w.-]+"|'[\w.-]+'|[\w.-]+)\s*:(?:\s|$|["'{\[])`)
)

func newMasker(text []byte) *masker {
	m := &masker{}
	section, hide := false, false // no section yet: nothing is known, so nothing is shown
	base := -1
	for raw := range bytes.Lines(text) {
		line := []rune(strings.TrimRight(string(raw), "\r\n"))
		trimmed := strings.TrimLeft(string(line), " \t\ufeff")
		indent := len(line) - len([]rune(trimmed))
		if trimmed != "" && trimmed[0] != '#' && trimmed != "---" {
			if base < 0 {
				base = indent
			}
			key, isKey := firstKey(trimmed)
			switch {
			case indent <= base:
				section = isKey && harmlessSections[key]
				hide = !section
			case isKey && !strings.HasPrefix(trimmed, "{"):
				hide = !section
			}
			// A line without a key goes on with the value of the line before it.
			m.lines = append(m.lines, maskedLine{line, hide})
			_, hide = m.scan(line, hide)
			continue
		}
		m.lines = append(m.lines, maskedLine{line, false})
	}
	return m
}

// firstKey is the key that a line begins with, "- " left aside.
func firstKey(s string) (string, bool) {
	for strings.HasPrefix(s, "- ") {
		s = strings.TrimLeft(s[2:], " ")
	}
	loc := keyToken.FindString(s)
	if loc == "" {
		return "", false
	}
	key, _, _ := strings.Cut(loc, ":")
	return strings.Trim(strings.TrimSpace(key), `"'`), true
}

// line gives a line, from 1, as it may be shown, and where a column of the original, from 1, went.
func (m *masker) line(n int) (text []rune, at func(column int) int, ok bool) {
	if n < 1 || n > len(m.lines) {
		return nil, nil, false
	}
	l := m.lines[n-1]
	spans, _ := m.scan(l.text, l.hide)
	var out []rune
	moved := make([]int, len(l.text)+1)
	i := 0
	for _, s := range spans {
		for ; i < s.from; i++ {
			moved[i] = len(out)
			out = append(out, l.text[i])
		}
		for ; i < s.until; i++ {
			moved[i] = len(out)
		}
		out = append(out, []rune(s.with)...)
	}
	for ; i < len(l.text); i++ {
		moved[i] = len(out)
		out = append(out, l.text[i])
	}
	moved[len(l.text)] = len(out)
	return out, func(column int) int { return moved[min(max(column-1, 0), len(l.text))] + 1 }, true
}

// scan walks over a line and finds what to hide. It also says whether a value that goes on in the next line is
// hidden there.
func (m *masker) scan(line []rune, hide bool) (spans []replacement, hideNext bool) {
	hiding := hide   // whether the value at hand is hidden
	mayKey := true   // a key may stand here
	flow := 0        // depth of { and [
	var outer []bool // what was hidden outside of each of them
	for i := 0; i < len(line); {
		r := line[i]
		switch {
		case r == ' ' || r == '\t':
			i++
		case r == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			if hide {
				// A comment may well be a secret that was put aside.
				spans = append(spans, replacement{i, len(line), "# …"})
			}
			return spans, hiding
		case r == '{' || r == '[':
			outer = append(outer, hiding)
			flow++
			mayKey = true
			i++
		case r == '}' || r == ']':
			if flow > 0 {
				flow--
				hiding = outer[len(outer)-1]
				outer = outer[:len(outer)-1]
			}
			mayKey = false
			i++
		case r == ',':
			mayKey = flow > 0
			i++
		case r == '-' && mayKey && (i+1 == len(line) || line[i+1] == ' '):
			i++
		default:
			if mayKey {
				if key, width := keyAt(line[i:]); width > 0 {
					switch {
					case secretKey.MatchString(key):
						hiding = true
					case hide:
						hiding = !harmlessKeys[key]
					default:
						hiding = false
					}
					i += width
					mayKey = false
					continue
				}
			}
			end := scalarEnd(line, i, flow > 0)
			if hiding {
				if with := maskScalar(string(line[i:end])); with != string(line[i:end]) {
					spans = append(spans, replacement{i, end, with})
				}
			}
			i, mayKey = end, false
		}
	}
	return spans, hiding
}

// keyAt reads a key with its colon.
func keyAt(line []rune) (key string, width int) {
	s := string(line)
	token := keyToken.FindString(s)
	if token == "" {
		return "", 0
	}
	token = token[:strings.IndexByte(token, ':')+1]
	return strings.Trim(strings.TrimSpace(strings.TrimSuffix(token, ":")), `"'`), len([]rune(token))
}

// scalarEnd is where a scalar ends: at its quote, at a comment, or in {} and [] at what ends an item.
func scalarEnd(line []rune, from int, flow bool) int {
	quote := line[from]
	if quote == '"' || quote == '\'' {
		for i := from + 1; i < len(line); i++ {
			switch {
			case line[i] == '\\' && quote == '"':
				i++
			case line[i] == quote:
				return i + 1
			}
		}
		return len(line)
	}
	for i := from; i < len(line); i++ {
		switch {
		case line[i] == '#' && i > from && line[i-1] == ' ':
			return trimmedEnd(line, from, i)
		case line[i] == '$' && i+1 < len(line) && line[i+1] == '{':
			for i < len(line)-1 && line[i] != '}' {
				i++
			}
		case flow && strings.ContainsRune(",}]", line[i]):
			return max(i, from+1)
		}
	}
	return trimmedEnd(line, from, len(line))
}

func trimmedEnd(line []rune, from, end int) int {
	for end > from+1 && line[end-1] == ' ' {
		end--
	}
	return end
}

// maskScalar keeps quotes, references and the host of a CDN address, and hides the rest.
func maskScalar(s string) string {
	open, inner, closing := "", s, ""
	if len(s) > 0 && (s[0] == '"' || s[0] == '\'') {
		open, inner = s[:1], s[1:]
		if strings.HasSuffix(inner, open) {
			inner, closing = inner[:len(inner)-1], open
		}
	}
	if inner == "" || inner == "|" || inner == ">" || inner == "|-" || inner == ">-" {
		return s
	}
	var b strings.Builder
	b.WriteString(open)
	if origin := rtmpOrigin.FindString(inner); origin != "" && !strings.HasPrefix(inner[len(origin):], "@") {
		b.WriteString(origin) // what stands before an @ is a user, and secret
		inner = inner[len(origin):]
	}
	last := 0
	for _, loc := range reference.FindAllStringIndex(inner, -1) {
		hideText(&b, inner[last:loc[0]])
		b.WriteString(inner[loc[0]:loc[1]])
		last = loc[1]
	}
	hideText(&b, inner[last:])
	b.WriteString(closing)
	return b.String()
}

func hideText(b *strings.Builder, s string) {
	if s == "" || s == "/" {
		b.WriteString(s)
		return
	}
	b.WriteString(redacted)
}
