package redact

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lines shows the lines of a plan without the secrets that may be in them, also where the plan is too broken to say
// which texts are secret. In doubt it hides: in the parts of a plan that hold secrets, and in any that it does not know,
// it shows only keys, references and the values of keys that are known to be harmless.
//
// It works on lines, not on YAML: what it protects is what a parser has refused. It is not safe for concurrent use.
type Lines struct {
	lines    []maskedLine
	maskUser func(string) string // masks user and password in the addresses of a text

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

// maskedLine is a line of the plan with what is known of it from the lines before it.
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

// harmlessValues are the values that are shown of further keys where values are hidden: those that look like what the key
// takes, rightly written or nearly so. Any other value may be a secret that stands in the wrong place.
var harmlessValues = map[string]*regexp.Regexp{
	"severity":   regexp.MustCompile(`(?i)^(info|information|notice|note|debug|warn|warnings?|errors?|critical|fatal|high|medium|low|all|none)$`),
	"quiet":      clockTimes,
	"digest":     clockTimes,
	"lead":       regexp.MustCompile(`^[0-9]{1,4} ?(s|m|h|min|mins|minutes|hours?)?$`),
	"timezone":   regexp.MustCompile(`^(UTC|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)/[A-Za-z_/+-]{2,30})$`),
	"plain_http": regexp.MustCompile(`(?i)^(true|false|yes|no|on|off)$`),
}

// clockTimes matches a time of day, or two.
var clockTimes = regexp.MustCompile(`^[0-9]{1,2}([:.h]?[0-9]{2})?( ?- ?[0-9]{1,2}([:.h]?[0-9]{2})?)?$`)

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

// NewLines reads the text of a plan. The function maskUser masks user and password in the addresses of a text.
func NewLines(text []byte, maskUser func(string) string) *Lines {
	m := &Lines{maskUser: maskUser}
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

// firstKey is the key that a line begins with, "- " left aside.
func firstKey(line []rune) (string, bool) {
	for len(line) > 1 && (line[0] == '-' && line[1] == ' ' || line[0] == ' ') {
		line = line[1:]
	}
	key, width := keyAt(line)
	return key, width > 0
}

// Len is the number of lines.
func (m *Lines) Len() int { return len(m.lines) }

// WithoutComment gives a line, from 1, without its comment where that may hold a secret; cut says that it does so.
func (m *Lines) WithoutComment(n int) (text string, cut bool) {
	replaced, _, _ := m.scan(m.lines[n-1])
	for _, r := range replaced {
		if strings.HasPrefix(r.with, "#") {
			return string(m.lines[n-1].text[:r.from]), true
		}
	}
	return "", false
}

// Line gives a line, from 1, as it may be shown, and where a column of the original, from 1, is in it. It is not ok for
// a line that does not exist and for one that is too long to be shown.
func (m *Lines) Line(n int) (text []rune, at func(column int) int, ok bool) {
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
func (m *Lines) masked(l maskedLine) (out []rune, moved []int) {
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

// scan finds what to hide of a line. It also says whether a value that goes on in the next line is hidden there, and
// what goes on there whatever that line looks like.
func (m *Lines) scan(l maskedLine) (replaced []replacement, hideNext bool, over carried) {
	if l.whole {
		from := indentOf(l.text)
		with := maskScalar(string(l.text[from:]))
		if from < len(l.text) && l.text[from] == '#' {
			with = hiddenComment
		}
		return []replacement{{from, len(l.text), with}}, l.hide, carried{below: -1}
	}
	s := scanner{line: l.text, hide: l.hide, hiding: l.hide, mayKey: true, over: carried{below: -1}, maskUser: m.maskUser}
	if l.quote != 0 {
		s.endQuote(l.quote)
	}
	for s.at < len(s.line) {
		s.next()
	}
	return s.replaced, s.hiding, s.over
}

// hiddenComment stands for a comment that may hold a secret.
const hiddenComment = "# …"

// scanner walks over a line and finds what to hide of it.
type scanner struct {
	line     []rune
	maskUser func(string) string
	hide     bool // at the beginning of the line, values are hidden

	at     int            // how far it is
	hiding bool           // whether the value at hand is hidden
	mayKey bool           // a key may begin here
	outer  []bool         // what was hidden outside of each { and [ that is open
	column int            // of the key at hand
	shown  *regexp.Regexp // the values of the key at hand that are shown although it is hidden; nil for none

	replaced []replacement
	over     carried
}

// endQuote hides the rest of a text in quotes that began in a line before.
func (s *scanner) endQuote(quote rune) {
	end, closed := quoteEnd(s.line, 0, quote)
	from := indentOf(s.line)
	if last := end - 1; closed && last >= from {
		s.replaced = append(s.replaced, replacement{from, end, maskScalar(string(s.line[from:last])) + string(quote)})
	} else if !closed && from < end {
		s.replaced = append(s.replaced, replacement{from, end, maskScalar(string(s.line[from:end]))})
	}
	s.at, s.mayKey = end, false
	if !closed {
		s.over.quote = quote
	}
}

// next walks over a blank, a mark of YAML, a comment, a key or a value.
func (s *scanner) next() {
	switch r := s.line[s.at]; {
	case isBlank(r):
		s.at++
	case r == '#' && (s.at == 0 || isBlank(s.line[s.at-1])):
		s.comment()
	case r == '{' || r == '[':
		s.outer = append(s.outer, s.hiding)
		s.at, s.mayKey = s.at+1, true
	case r == '}' || r == ']':
		if last := len(s.outer) - 1; last >= 0 {
			s.hiding, s.outer = s.outer[last], s.outer[:last]
		}
		s.at, s.mayKey = s.at+1, false
	case r == ',':
		s.at, s.mayKey = s.at+1, len(s.outer) > 0
	case r == '-' && s.mayKey && (s.at+1 == len(s.line) || s.line[s.at+1] == ' '):
		s.at++
	case s.mayKey && s.key():
		s.mayKey = false
	default:
		s.value()
	}
}

// comment hides a comment where it may hold a secret: it may well be a secret that was put aside.
func (s *scanner) comment() {
	comment := string(s.line[s.at:])
	if s.hide || secretKey.MatchString(comment[:min(maxKey, len(comment))]) || s.maskUser(comment) != comment {
		s.replaced = append(s.replaced, replacement{s.at, len(s.line), hiddenComment})
	}
	s.at = len(s.line)
}

// key walks over a key, if there is one, and judges by it whether its value is hidden.
func (s *scanner) key() bool {
	key, width := keyAt(s.line[s.at:])
	if width == 0 {
		return false
	}
	s.column, s.over.below, s.shown = s.at, -1, nil
	switch {
	case secretKey.MatchString(key):
		s.hiding = true
		if s.hide && len(s.outer) == 0 {
			s.over.below = s.column
		}
	case s.hide:
		s.hiding, s.shown = !harmlessKeys[key], harmlessValues[key]
	default:
		s.hiding = false
	}
	s.at += width
	return true
}

// value walks over a value and hides it, or what of it is secret wherever it is: an ingest address, a user in an address.
func (s *scanner) value() {
	first, end := s.line[s.at], scalarEnd(s.line, s.at, len(s.outer) > 0)
	text := string(s.line[s.at:end])
	if s.hiding && (first == '"' || first == '\'') {
		if _, closed := quoteEnd(s.line, s.at+1, first); !closed {
			s.over.quote = first
		}
	}
	if s.hiding && blockHeader.MatchString(text) {
		s.over.below = s.column
	}
	with := s.maskUser(text)
	hidden := s.hiding && (s.shown == nil || !s.shown.MatchString(strings.Trim(text, `"'`)))
	if hidden || strings.Contains(strings.ToLower(text), "rtmp") {
		with = maskScalar(text)
	}
	if with != text {
		s.replaced = append(s.replaced, replacement{s.at, end, with})
	}
	s.at, s.mayKey = end, false
}

// isBlank says that YAML takes a character for white space within a line.
func isBlank(r rune) bool { return r == ' ' || r == '\t' }

// indentOf is the number of blanks that a line begins with.
func indentOf(line []rune) int {
	i := 0
	for i < len(line) && isBlank(line[i]) {
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
	for i < len(line) && isBlank(line[i]) {
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

// isKeyRune says that a key of a plan may hold a character. What looks like a key with others is taken for a value.
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

// trimmedEnd leaves the blanks before an end aside, but keeps one character.
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

// hideText writes the mark in place of a text. What holds nothing is not hidden, so that an address keeps its form.
func hideText(b *strings.Builder, s string) {
	if s == "" || s == "/" {
		b.WriteString(s)
		return
	}
	b.WriteString(Mark)
}
