package cli

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rundown/plan"
)

// masker shows lines of a plan without the secrets that may stand in them, even where the plan is too broken to say
// which texts are secret. It errs on the side of hiding: in the parts of a plan that hold secrets, and in any it does
// not know, only keys, references and the values of keys known to be harmless are shown.
//
// It works on lines, not on YAML: what it protects is what a parser has refused.
type masker struct {
	lines []maskedLine

	// The line asked for last, since findings come in document order.
	last      int
	lastText  []rune
	lastMoved []int
}

// Bounds that keep the work in proportion to the text, whatever it holds.
const (
	maxShownLine = 1 << 16 // characters; a longer line is not shown
	maxKey       = 256     // characters in which a key must end to be seen as one
)

type maskedLine struct {
	text  []rune
	hide  bool // at the beginning of the line, values are hidden
	quote rune // of a hidden text that goes on from the line before; 0 for none
	whole bool // nothing of it is shown
}

// carried is what of a hidden value goes on in the lines after it.
type carried struct {
	quote rune // that is still open; 0 for none
	below int  // the column beyond which lines belong to the value; -1 for none
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
	"sd": true, "hd": true, "fhd": true, "vendor": true, "region": true, "near": true, "bucket": true, "endpoint": true,
	"prefix": true, "sse": true, "tag": true, "events": true, "file": true,
}

// A key of this look hides its value wherever it stands.
var secretKey = regexp.MustCompile(`(?i)secret|password|passwd|credential|token|webhook|(access|api|stream|private)_?-?key`)

var (
	reference = regexp.MustCompile(`\$\{[^{}]*\}`)
	// What begins a text of the lines below.
	blockHeader = regexp.MustCompile(`^[|>][-+0-9]{0,2}$`)
	rtmpOrigin  = regexp.MustCompile(`^rtmps?://[^/?#@\s]*`)
)

// plainSpaces replaces characters that look like a space, or like nothing, by spaces: to a reader they are.
var plainSpaces = strings.NewReplacer("\u00a0", " ", "\u2007", " ", "\u202f", " ", "\u3000", " ", "\u200b", " ", "\u2009", " ", "\u2060", " ", "\u00ad", " ")

func newMasker(text []byte) *masker {
	m := &masker{}
	section, hide := false, false // no section yet: nothing is known, so nothing is shown
	base := -1
	over := carried{below: -1}
	for raw := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) { // columns do not count a byte order mark
		line := []rune(plainSpaces.Replace(strings.TrimRight(string(raw), "\r\n")))
		indent := 0
		for indent < len(line) && (line[indent] == ' ' || line[indent] == '\t' || line[indent] == '\ufeff') {
			indent++
		}
		trimmed := line[indent:]
		if over.quote != 0 {
			next := maskedLine{text: line, hide: true, quote: over.quote}
			m.lines = append(m.lines, next)
			_, _, over = m.scan(next)
			continue
		}
		if len(trimmed) > 0 && indent <= over.below {
			over.below = -1
		}
		if over.below >= 0 {
			m.lines = append(m.lines, maskedLine{text: line, whole: true})
			continue
		}
		if len(trimmed) > 0 && trimmed[0] != '#' && string(trimmed[:min(len(trimmed), 4)]) != "---" {
			if base < 0 {
				base = indent
			}
			key, isKey := firstKey(trimmed)
			switch {
			case indent <= base:
				section = isKey && harmlessSections[key]
				hide = !section
			case isKey && trimmed[0] != '{':
				hide = !section
			}
			// A line without a key goes on with the value of the line before it.
			next := maskedLine{text: line, hide: hide}
			m.lines = append(m.lines, next)
			_, hide, over = m.scan(next)
			continue
		}
		m.lines = append(m.lines, maskedLine{text: line, hide: hide})
	}
	return m
}

// maskers show the files of a plan, each made when it is first asked for.
type maskers struct {
	files *osFiles
	made  map[string]*masker
}

func newMaskers(files *osFiles) *maskers { return &maskers{files, map[string]*masker{}} }

// of gives the masker of a file that was read; nil for others.
func (m *maskers) of(file string) *masker {
	if made := m.made[file]; made != nil {
		return made
	}
	text, ok := m.files.read[file]
	if !ok {
		return nil
	}
	m.made[file] = newMasker(text)
	return m.made[file]
}

// firstKey is the key that a line begins with, "- " left aside.
func firstKey(line []rune) (string, bool) {
	for len(line) > 1 && (line[0] == '-' && line[1] == ' ' || line[0] == ' ') {
		line = line[1:]
	}
	key, width := keyAt(line)
	return key, width > 0
}

// line gives a line, from 1, as it may be shown, and where a column of the original, from 1, went.
func (m *masker) line(n int) (text []rune, at func(column int) int, ok bool) {
	if n < 1 || n > len(m.lines) || len(m.lines[n-1].text) > maxShownLine {
		return nil, nil, false
	}
	if n != m.last {
		m.last = n
		m.lastText, m.lastMoved = m.masked(m.lines[n-1])
	}
	moved := m.lastMoved
	return m.lastText, func(column int) int { return moved[min(max(column-1, 0), len(moved)-1)] + 1 }, true
}

// masked hides what is to be hidden of a line, and tells for each character, and for the end, where it went.
func (m *masker) masked(l maskedLine) (out []rune, moved []int) {
	spans, _, _ := m.scan(l)
	moved = make([]int, len(l.text)+1)
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
	return out, moved
}

// scan walks over a line and finds what to hide. It also says whether a value that goes on in the next line is
// hidden there, and what goes on there whatever that line looks like.
func (m *masker) scan(l maskedLine) (spans []replacement, hideNext bool, over carried) {
	line, hide := l.text, l.hide
	over.below = -1
	if l.whole {
		from := indentOf(line)
		with := maskScalar(string(line[from:]))
		if from < len(line) && line[from] == '#' {
			with = "# …"
		}
		return []replacement{{from, len(line), with}}, hide, over
	}
	hiding := hide   // whether the value at hand is hidden
	mayKey := true   // a key may stand here
	flow := 0        // depth of { and [
	var outer []bool // what was hidden outside of each of them
	column := 0      // of the key at hand
	i := 0
	if l.quote != 0 {
		end, closed := quoteEnd(line, 0, l.quote)
		from := indentOf(line)
		if last := end - 1; closed && last >= from {
			spans = append(spans, replacement{from, end, maskScalar(string(line[from:last])) + string(l.quote)})
		} else if !closed && from < end {
			spans = append(spans, replacement{from, end, maskScalar(string(line[from:end]))})
		}
		if i, mayKey = end, false; !closed {
			over.quote = l.quote
		}
	}
	for i < len(line) {
		r := line[i]
		switch {
		case r == ' ' || r == '\t':
			i++
		case r == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			if hide || secretInComment(string(line[i:])) {
				// A comment may well be a secret that was put aside.
				spans = append(spans, replacement{i, len(line), "# …"})
			}
			return spans, hiding, over
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
					column, over.below = i, -1
					switch {
					case secretKey.MatchString(key):
						hiding = true
						if hide && flow == 0 {
							over.below = column
						}
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
			if hiding && (r == '"' || r == '\'') {
				if _, closed := quoteEnd(line, i+1, r); !closed {
					over.quote = r
				}
			}
			if hiding && blockHeader.MatchString(string(line[i:end])) {
				over.below = column
			}
			text := string(line[i:end])
			with := plan.MaskUser(text)
			if hiding || strings.Contains(strings.ToLower(text), "rtmp") {
				with = maskScalar(text)
			}
			if with != text {
				spans = append(spans, replacement{i, end, with})
			}
			i, mayKey = end, false
		}
	}
	return spans, hiding, over
}

// secretInComment says that a comment may hold a secret: by its first words, or since it holds an address with a user.
func secretInComment(comment string) bool {
	return secretKey.MatchString(comment[:min(maxKey, len(comment))]) || plan.MaskUser(comment) != comment
}

func indentOf(line []rune) int {
	i := 0
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return i
}

// keyAt reads a key, bare or in quotes, with its colon and whatever blanks stand before it. The colon must be followed
// by what sets it off from a text with a colon in it.
func keyAt(line []rune) (key string, width int) {
	line = line[:min(len(line), maxKey)]
	i := 0
	quote := rune(0)
	if len(line) > 0 && (line[0] == '"' || line[0] == '\'') {
		quote = line[0]
		i++
	}
	begin := i
	for i < len(line) && isKeyRune(line[i]) {
		i++
	}
	key = string(line[begin:i])
	if quote != 0 {
		if i >= len(line) || line[i] != quote {
			return "", 0
		}
		i++
	}
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	if key == "" || i >= len(line) || line[i] != ':' {
		return "", 0
	}
	if i+1 < len(line) && !strings.ContainsRune(" \t\"'{[", line[i+1]) {
		return "", 0
	}
	return key, i + 1
}

func isKeyRune(r rune) bool {
	return r == '_' || r == '-' || r == '.' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// scalarEnd is where a scalar ends: at its quote, at a comment, or in {} and [] at what ends an item.
func scalarEnd(line []rune, from int, flow bool) int {
	quote := line[from]
	if quote == '"' || quote == '\'' {
		end, _ := quoteEnd(line, from+1, quote)
		return end
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

// quoteEnd is where a text in quotes ends that goes on at from; closed says that it does so in this line.
func quoteEnd(line []rune, from int, quote rune) (end int, closed bool) {
	for i := from; i < len(line); i++ {
		switch {
		case line[i] == '\\' && quote == '"':
			i++
		case line[i] == quote:
			return i + 1, true
		}
	}
	return len(line), false
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
	if inner == "" || blockHeader.MatchString(inner) {
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
