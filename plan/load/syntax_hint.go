package load

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// starMessage is the parser's error for a text that begins with * or & and is not the name of an anchor.
const starMessage = "did not find expected alphabetic or numeric character"

// syntaxHint suggests a correction for the common reasons for which the parser refuses a line.
func syntaxHint(s *plan.Source, line int, message string) plan.Hint {
	from := s.Starts[line-1]
	text := string(s.Text[from:s.LineEnd(from)])
	switch {
	case strings.HasPrefix(message, "did not find expected ',' or"), strings.HasPrefix(message, "did not find expected node content"):
		if found := bareBrace(text); found != "" {
			hint := plan.NewHint(fmt.Sprintf("inside {} and [] put a text that contains %s in quotes", found))
			hint.At, hint.Replacement = quotedBraces(s, line, text)
			return hint
		}
		if hasBareQuestion(text) {
			return plan.NewHint("inside {} and [] put a text that contains ? in quotes")
		}
		return plan.NewHint("close each {, [ and quote, and separate items by commas")
	case message == starMessage:
		return starHint(s, line, text)
	case strings.Contains(message, "incompatible YAML document"), strings.Contains(message, "directive"):
		return directiveHint(s)
	case message == "found unexpected end of stream":
		return plan.NewHint("close the quote")
	case message == "did not find expected key":
		return plan.NewHint("write the same number of spaces before all keys of one level; put a text that begins with a quote or a bracket in quotes")
	case strings.Contains(message, "found a tab character"):
		return plan.NewHint("indent with spaces, not with tabs")
	case strings.Contains(message, "cannot start any token"):
		if strings.HasPrefix(strings.TrimLeft(text, " "), "\t") || strings.Contains(text, "\t") {
			return plan.NewHint("indent with spaces, not with tabs")
		}
		return plan.NewHint("put a text that begins with this character in quotes")
	case strings.Contains(message, "mapping values are not allowed"):
		return plan.NewHint("put a text that contains a colon and a space in quotes; or add the missing colon to the line before")
	case strings.Contains(message, "could not find expected ':'"):
		return plan.NewHint("here or in the line before, a key has no colon and space behind it, or a text goes on that should stand on one line")
	}
	return plan.Hint{}
}

// lineSpan is the span of the bytes [from, to) of a line.
func lineSpan(line int, text string, from, to int) plan.Span {
	column := func(offset int) int32 { return int32(utf8.RuneCountInString(text[:offset]) + 1) }
	return plan.Span{Line: int32(line), Column: column(from), EndLine: int32(line), EndColumn: column(to)}
}

// starValue matches a value that begins with *, up to what ends it in a block or in a mapping of one line.
var starValue = regexp.MustCompile(`([A-Za-z_]+): +(\*[^"'#{}\[\]]*?) *(,? *[a-z_]+:|[}\]]|#|$)`)

// starHint is for a cron expression, or another text, that begins with * and has no quotes.
func starHint(s *plan.Source, line int, text string) plan.Hint {
	m := starValue.FindStringSubmatchIndex(text)
	if m == nil || !readableKey.MatchString(text[m[2]:m[3]]) {
		return plan.NewHint("put a text that begins with * or & in quotes; YAML reads it as an alias or an anchor")
	}
	value := strings.TrimRight(text[m[4]:m[5]], ", ")
	return plan.Hint{
		Text:        fmt.Sprintf("put the value of %s in quotes: %s; YAML reads a * as an alias", text[m[2]:m[3]], strconv.Quote(value)),
		Replacement: strconv.Quote(value), At: lineSpan(line, text, m[4], m[4]+len(value)),
	}
}

// readableKey matches keys whose values are never secret.
var readableKey = regexp.MustCompile(`^(cron|when|title|note|name|cname)$`)

// directiveHint is for the line %YAML 1.2, which plans do not need and the parser does not know.
func directiveHint(s *plan.Source) plan.Hint {
	for i, from := range s.Starts {
		text := string(s.Text[from:s.LineEnd(from)])
		if strings.HasPrefix(text, "%") {
			return plan.Hint{Text: fmt.Sprintf("remove the line %s: a plan needs no directive", text), At: plan.Span{Line: int32(i + 1), Column: 1, EndLine: int32(i + 2), EndColumn: 1}}
		}
	}
	return plan.Hint{}
}

// typographicQuotes matches text in quotes that a word processor has changed.
var typographicQuotes = regexp.MustCompile(`(?:^|[\s:,\[{])([“”„«»‘‚])([^“”„«»‘’‚]*)([“”«»‘’])`)

// onlyReference matches text that may be shown for any key.
var onlyReference = regexp.MustCompile(`^\$\{[A-Za-z0-9_:/.-]+\}$`)

// typographicHint finds a typographic quote in place of a plain one, and where it is.
func typographicHint(s *plan.Source, line int, text string) (rune, plan.Span, plan.Hint) {
	m := typographicQuotes.FindStringSubmatchIndex(text)
	if m == nil || !outsideQuotes(text[:m[2]]) {
		return 0, plan.Span{}, plan.Hint{}
	}
	hint := plan.NewHint(fmt.Sprintf("write plain quotes (\"): YAML reads %s and %s as letters", text[m[2]:m[3]], text[m[6]:m[7]]))
	if inner := text[m[4]:m[5]]; onlyReference.MatchString(inner) {
		hint.Replacement, hint.At = `"`+inner+`"`, lineSpan(line, text, m[2], m[7])
	}
	quote, width := utf8.DecodeRuneInString(text[m[2]:])
	return quote, lineSpan(line, text, m[2], m[2]+width), hint
}

// outsideQuotes says whether what follows a piece of a line is outside of quotes.
func outsideQuotes(before string) bool {
	return strings.Count(before, `"`)%2 == 0 && strings.Count(before, "'")%2 == 0
}

// unquotedBrace matches a reference or placeholder.
var unquotedBrace = regexp.MustCompile(`\$?\{[A-Za-z_][A-Za-z0-9_:/.-]*\}`)

// bareBrace finds a ${NAME} or {name} outside of quotes.
func bareBrace(line string) string {
	for _, at := range unquotedBrace.FindAllStringIndex(line, -1) {
		if outsideQuotes(line[:at[0]]) {
			return line[at[0]:at[1]]
		}
	}
	return ""
}

// hasBareQuestion finds a question mark in a text outside of quotes, as in an address. Inside {} and [] it begins a key for
// the parser.
func hasBareQuestion(line string) bool {
	for i := 1; i < len(line); i++ {
		if line[i] == '?' && !strings.ContainsRune(" ,[{", rune(line[i-1])) && outsideQuotes(line[:i]) {
			return true
		}
	}
	return false
}

// bracedValue matches a value inside {} or [] with an unquoted reference or placeholder in it.
var bracedValue = regexp.MustCompile(`([:,\[{] *)([^\s"',\[\]{}#][^\s"',\[\]{}#]*)?(\$?\{[A-Za-z_][A-Za-z0-9_:/.-]*\}[^\s"',\[\]{}#]*)+( *[,}\]])`)

// quotedBraces puts the values of a line that contain a brace in quotes. There is no edit where the text around them
// may be a secret, since the edit would show it.
func quotedBraces(s *plan.Source, line int, text string) (plan.Span, string) {
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
			return plan.Span{}, ""
		}
		b.WriteString(strconv.Quote(value))
		last, at = to, to
	}
	if b.Len() == 0 {
		return plan.Span{}, ""
	}
	return lineSpan(line, text, first, last), b.String()
}

var (
	betweenValues = regexp.MustCompile(`^ *, *[a-z_]+: +$`)
	shownKey      = regexp.MustCompile(`(^|[ {,])(cname|prefix|id|name|bucket|title|note): *\[?$`)
)

// unclosed finds the bracket or quote that is still open at the line where the parser stopped; nil for none. The
// parser itself stops at the end of the text or at the next key, far from the mistake.
func unclosed(s *plan.Source, line int) *syntaxProblem {
	const longest = 1 << 20 // no plan that somebody writes by hand is larger
	if len(s.Text) > longest || s.Newlines != nil {
		return nil
	}
	stack := openBefore(s, line)
	if len(stack) == 0 {
		return nil
	}
	last := stack[len(stack)-1]
	at, column := s.Place(last.offset)
	problem := &syntaxProblem{at: s.CharacterSpan(at, column), certain: true}
	what, closer := fmt.Sprintf("the %c that opens here", last.mark), string(closerOf(last.mark))
	if last.mark == '"' || last.mark == '\'' {
		what, closer = "the quote that opens here", "another "+closer
	}
	problem.message = what + " is not closed"
	problem.hint = plan.NewHint("close it with " + closer)
	problem.hint.At, problem.hint.Replacement = closingEdit(s, at, stack)
	return problem
}

// closingEdit is the edit that closes what is open at the end of a line: the first one with which the text can be
// parsed.
func closingEdit(s *plan.Source, line int, stack []openMark) (plan.Span, string) {
	from := s.Starts[line-1]
	text := string(s.Text[from:s.LineEnd(from)])
	const deepest, longest = 8, 1 << 18 // each try parses the text again
	if len(stack) > deepest || len(s.Text) > longest {
		return plan.Span{}, ""
	}
	var closers strings.Builder
	for i := len(stack) - 1; i >= 0; i-- {
		closers.WriteByte(closerOf(stack[i].mark))
	}
	all := closers.String()
	ends := []int{len(text)}
	if comment := strings.LastIndex(text, " #"); comment >= 0 {
		ends = append(ends, len(strings.TrimRight(text[:comment], " ")))
	}
	if before := len(strings.TrimRight(text, "}], ")); before < len(text) {
		ends = append([]int{before}, ends...)
	}
	for _, end := range ends {
		for n := 1; n <= len(all); n++ {
			candidate := string(s.Text[:from+end]) + all[:n] + string(s.Text[from+end:])
			var node yaml.Node
			if yaml.Unmarshal([]byte(candidate), &node) == nil {
				return lineSpan(line, text, end, end), all[:n]
			}
		}
	}
	return plan.Span{}, ""
}

// openBefore scans the text up to a line and gives the brackets and quotes that are open there, outermost first. A
// line that is not indented more than the line on which a value begins ends the value.
func openBefore(s *plan.Source, line int) []openMark {
	scan := lineScanner{text: s.Text}
	for i := 0; i < len(s.Starts) && i < max(line, 1); i++ {
		from, to := s.Starts[i], s.LineEnd(s.Starts[i])
		text := strings.TrimLeft(string(s.Text[from:to]), " ")
		indent := to - from - len(text)
		if len(scan.open) > 0 && text != "" && indent <= scan.open[0].indent && !strings.ContainsRune("}],", rune(text[0])) {
			return scan.open
		}
		scan.line(from, to)
	}
	if line < len(s.Starts) && len(scan.open) > 0 && strings.TrimSpace(string(s.Text[s.Starts[line]:])) != "" {
		return nil // the value goes on, and may be closed later
	}
	return scan.open
}
