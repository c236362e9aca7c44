package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// starMessage is what the parser says of a text that begins with * or & and is no name of an anchor.
const starMessage = "did not find expected alphabetic or numeric character"

// syntaxHint knows the usual reasons for which the parser refuses a line.
func syntaxHint(s *source, line int, message string) tip {
	from := s.starts[line-1]
	text := string(s.text[from:s.lineEnd(from)])
	switch {
	case strings.HasPrefix(message, "did not find expected ',' or"), strings.HasPrefix(message, "did not find expected node content"):
		if found := bareBrace(text); found != "" {
			hint := say(fmt.Sprintf("inside {} and [] quote a text that holds %s: its brace begins a mapping", found))
			hint.at, hint.with = quotedBraces(s, line, text)
			return hint
		}
		return say("close each {, [ and quote, and separate items by commas")
	case message == starMessage:
		return starHint(s, line, text)
	case strings.Contains(message, "incompatible YAML document"), strings.Contains(message, "directive"):
		return directiveHint(s)
	case message == "found unexpected end of stream":
		return say("close the quote")
	case message == "did not find expected key":
		return say("indent the keys of one mapping alike")
	case strings.Contains(message, "cannot start any token"):
		if strings.HasPrefix(strings.TrimLeft(text, " "), "\t") || strings.Contains(text, "\t") {
			return say("indent with spaces, not with tabs")
		}
		return say("quote a text that begins with this character")
	case strings.Contains(message, "mapping values are not allowed"):
		return say("quote a text that holds a colon and a space; or the line before lacks its colon")
	case strings.Contains(message, "could not find expected ':'"):
		return say("a key is followed by a colon and a space")
	}
	return tip{}
}

// in is the span of the bytes [from, to) of a line.
func in(line int, text string, from, to int) span {
	column := func(offset int) int32 { return int32(utf8.RuneCountInString(text[:offset]) + 1) }
	return span{int32(line), column(from), int32(line), column(to)}
}

// starValue matches a value that begins with *, up to what ends it in a block or in a mapping of one line.
var starValue = regexp.MustCompile(`([A-Za-z_]+): +(\*[^"'#{}\[\]]*?) *(,? *[a-z_]+:|[}\]]|#|$)`)

// starHint is for a cron expression, or another text, that begins with * and has no quotes.
func starHint(s *source, line int, text string) tip {
	m := starValue.FindStringSubmatchIndex(text)
	if m == nil || !readableKey.MatchString(text[m[2]:m[3]]) {
		return say("quote a text that begins with * or &, which to YAML are an alias and an anchor")
	}
	value := strings.TrimRight(text[m[4]:m[5]], ", ")
	return tip{
		text: fmt.Sprintf("put the value of %s in quotes: %s; to YAML a * begins an alias", text[m[2]:m[3]], strconv.Quote(value)),
		with: strconv.Quote(value), at: in(line, text, m[4], m[4]+len(value)),
	}
}

// readableKey are keys of which no value is secret.
var readableKey = regexp.MustCompile(`^(cron|when|title|note|name|cname)$`)

// directiveHint is for the line %YAML 1.2, which a plan does not need and the parser does not know.
func directiveHint(s *source) tip {
	for i, from := range s.starts {
		text := string(s.text[from:s.lineEnd(from)])
		if strings.HasPrefix(text, "%") {
			return tip{text: fmt.Sprintf("remove the line %s: a plan needs no directive", text), at: span{int32(i + 1), 1, int32(i + 2), 1}}
		}
	}
	return tip{}
}

// typographicQuotes matches a text in quotes that a word processor has made.
var typographicQuotes = regexp.MustCompile(`(?:^|[\s:,\[{])([“”„«»‘‚])([^“”„«»‘’‚]*)([“”«»‘’])`)

// onlyReference matches a text that may be shown whatever it is for.
var onlyReference = regexp.MustCompile(`^\$\{[A-Za-z0-9_:/.-]+\}$`)

// typographicHint finds a typographic quote in place of a plain one: which, and where.
func typographicHint(s *source, line int, text string) (rune, span, tip) {
	m := typographicQuotes.FindStringSubmatchIndex(text)
	if m == nil || !outsideQuotes(text[:m[2]]) {
		return 0, span{}, tip{}
	}
	hint := say(fmt.Sprintf("write plain quotes \": %s and %s are letters to YAML", text[m[2]:m[3]], text[m[6]:m[7]]))
	if inner := text[m[4]:m[5]]; onlyReference.MatchString(inner) {
		hint.with, hint.at = `"`+inner+`"`, in(line, text, m[2], m[7])
	}
	quote, width := utf8.DecodeRuneInString(text[m[2]:])
	return quote, in(line, text, m[2], m[2]+width), hint
}

// outsideQuotes says that what follows a piece of a line is in no quotes.
func outsideQuotes(before string) bool {
	return strings.Count(before, `"`)%2 == 0 && strings.Count(before, "'")%2 == 0
}

// unquotedBrace is a reference or placeholder that no quote precedes.
var unquotedBrace = regexp.MustCompile(`\$?\{[A-Za-z_][A-Za-z0-9_:/.-]*\}`)

// bareBrace finds a ${NAME} or {name} outside quotes.
func bareBrace(line string) string {
	for _, at := range unquotedBrace.FindAllStringIndex(line, -1) {
		if outsideQuotes(line[:at[0]]) {
			return line[at[0]:at[1]]
		}
	}
	return ""
}

// bracedValue matches a value in {} or [] with an unquoted reference or placeholder in it.
var bracedValue = regexp.MustCompile(`([:,\[{] *)([^\s"',\[\]{}#][^\s"',\[\]{}#]*)?(\$?\{[A-Za-z_][A-Za-z0-9_:/.-]*\}[^\s"',\[\]{}#]*)+( *[,}\]])`)

// quotedBraces puts the values of a line that hold a brace in quotes. Where what lies between them might be a secret
// there is no edit, since it would show it.
func quotedBraces(s *source, line int, text string) (span, string) {
	var first, last int
	var b strings.Builder
	for at := 0; at < len(text); {
		m := bracedValue.FindStringSubmatchIndex(text[at:])
		if m == nil {
			break
		}
		from, to := at+m[3], at+m[8]
		if !outsideQuotes(text[:from]) {
			at = to
			continue
		}
		if b.Len() == 0 {
			first = from
		} else if between := text[last:from]; betweenValues.MatchString(between) {
			b.WriteString(between)
		} else {
			break
		}
		value := text[from:to]
		if literal := unquotedBrace.ReplaceAllString(value, ""); literal != "" && !strings.HasPrefix(value, "http") && !shownKey.MatchString(text[:from]) {
			return span{}, ""
		}
		b.WriteString(strconv.Quote(value))
		last, at = to, to
	}
	if b.Len() == 0 {
		return span{}, ""
	}
	return in(line, text, first, last), b.String()
}

var (
	betweenValues = regexp.MustCompile(`^ *, *[a-z_]+: +$`)
	shownKey      = regexp.MustCompile(`(^|[ {,])(cname|prefix|id|name|bucket|title|note): *\[?$`)
)
