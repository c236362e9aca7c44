package load

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// changesAt are the changes that are tried at a line: another indentation, and where the parser refused the text also the
// marks of YAML that are easily forgotten.
func (l *layout) changesAt(line int, now attempt) []lineChange {
	text := contentOf(l.lines[line-1])
	var list []lineChange
	if hasTab(text) {
		for _, target := range l.indents(line) {
			list = append(list, l.indented(line, line, target))
		}
		return list
	}
	if now.top == nil {
		list = append(l.colons(line, text), quotes(line, text)...)
		if at := byteOf(text, now.column); line == now.line && at < len(text) && (text[at] == '}' || text[at] == ']') {
			list = append(list, lineChange{first: line, last: line, from: at, to: at + 1, message: fmt.Sprintf("the %c closes nothing", text[at]), hint: "remove it"})
		}
	}
	if now.top != nil && vocabularyHint(keyOf(strings.TrimPrefix(strings.TrimSpace(text), "- ")), "a recording").Text != "" {
		return list // another key is meant, not another place
	}
	if !l.isMovable(line) {
		return list
	}
	for _, target := range l.indents(line) {
		if !l.mayHold(line, target) {
			continue
		}
		for _, last := range l.blocks(line) {
			list = append(list, l.indented(line, last, target))
		}
	}
	return list
}

// hasTab says whether there is a tab before what stands on a line.
func hasTab(line string) bool { return strings.Contains(line[:indentOf(line)], "\t") }

// byteOf is the offset in a line of the character in a column, from 1; the line's length for none.
func byteOf(line string, column int) int {
	for i := range line {
		if column--; column == 0 {
			return i
		}
	}
	return len(line)
}

// isMovable says whether a line may be indented otherwise: a key that plans have, a name with something below it, an item
// of a list, or what stands behind a key without a value. Other words would become labels or calendars elsewhere.
func (l *layout) isMovable(line int) bool {
	text := strings.TrimSpace(l.lines[line-1])
	before := l.before(line)
	switch {
	case strings.HasPrefix(text, "- "), l.opens(line), before > 0 && l.opens(before):
		return true
	}
	m := keyAndValue.FindStringSubmatch(text)
	return m != nil && len(homes()[m[2]]) > 0
}

// mayHold says whether the key of a line may be one with so many spaces before it: the file has such a key, or what is around it
// does not hold names alone.
func (l *layout) mayHold(line, target int) bool {
	key := nameOf(l.lines[line-1])
	if _, known := fieldsOf(l.of).index[key]; target == 0 {
		return known || strings.HasPrefix(strings.TrimSpace(l.lines[line-1]), "-")
	}
	holder := l.holder(line, target)
	return holder == 0 || indentOf(l.lines[holder-1]) > 0 || len(homes()[key]) == 0 || !slices.Contains(keysOfNames, nameOf(l.lines[holder-1]))
}

// keysOfNames are the keys of a file below which names stand.
var keysOfNames = []string{"recordings", "apps", "storage", "cdn", "calendars"}

// keyAndValue matches a line of a block: what stands before the key, the key, and the value.
var keyAndValue = regexp.MustCompile(`^( *(?:- )?)([A-Za-z0-9_-]+): +(\S.*?)\s*$`)

// indents are the numbers of spaces that a line may need: those of the lines around it, and two more than the line before.
func (l *layout) indents(line int) (list []int) {
	own := indentOf(l.lines[line-1])
	add := func(n int) {
		if n != own && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	const step = 2
	if before := l.before(line); before > 0 {
		add(indentOf(l.lines[before-1]))
		add(indentOf(l.lines[before-1]) + step)
		for ; before > 0; before = l.around(before) {
			add(indentOf(l.lines[before-1]))
		}
	}
	if after := l.after(line); after > 0 {
		add(indentOf(l.lines[after-1]))
	}
	add(0)
	return list
}

// blocks are the last lines of what may be indented together with a line: the line alone, what is below it, and what
// follows it with the same indentation.
func (l *layout) blocks(line int) []int {
	const most = 8
	list, own, last := []int{line}, indentOf(l.lines[line-1]), line
	for next := l.after(line); next > 0 && len(list) < most && indentOf(l.lines[next-1]) >= own; next = l.after(next) {
		if last != line && (indentOf(l.lines[next-1]) == own || indentOf(l.lines[last-1]) == own) {
			list = append(list, last)
		}
		last = next
	}
	if last != line {
		list = append(list, last)
	}
	return list
}

// indented is the change that gives lines another indentation.
func (l *layout) indented(first, last, target int) lineChange {
	text := l.lines[first-1]
	own, key := indentOf(text), nameOf(text)
	c := lineChange{first: first, last: last, to: own, text: strings.Repeat(" ", target), by: target - own}
	if hasTab(text) {
		c.message, c.hint = "a tab stands where YAML needs spaces", fmt.Sprintf("write %s before %s in place of tabs", spaces(target), key)
		return c
	}
	what, verb := key+" is", "it needs"
	if last > first {
		what, verb = fmt.Sprintf("%s and what follows up to line %d are", key, last), "they need"
	}
	holder := l.holder(first, target)
	place := "here"
	if target > 0 && holder > 0 {
		place = "below " + nameOf(l.lines[holder-1])
		if item, ok := strings.CutPrefix(strings.TrimLeft(l.lines[holder-1], " "), "-"); ok && indentOf(l.lines[holder-1])+1+indentOf(item) == target {
			place = "beside " + nameOf(item)
		}
	}
	amount := spaces(target)
	if target == 0 {
		amount = "no space"
	}
	now := "indented by " + spaces(own)
	if own == 0 {
		now = "not indented"
	}
	c.message = fmt.Sprintf("%s %s; %s %s %s", what, now, place, verb, amount)
	c.hint = "write it like this:" + l.shown(&c, holder)
	return c
}

// nameOf is the key of a line for messages. A line without one may be a secret, and is not shown.
func nameOf(line string) string {
	text := strings.TrimPrefix(strings.TrimSpace(line), "- ")
	key := keyOf(text)
	if rest := text[len(key):]; rest == ":" || strings.HasPrefix(rest, ": ") {
		return key
	}
	return "this line"
}

// shown are lines as they should be, below the line that holds them, for a hint.
func (l *layout) shown(c *lineChange, holder int) string {
	const most = 4
	var b strings.Builder
	show := func(line string) { b.WriteString("\n" + shownLine(line)) }
	if holder > 0 && len(c.text) > 0 {
		show(l.lines[holder-1])
	}
	for i, line := range c.apply(l.lines)[c.first-1 : c.last] {
		if i < most && !isEmptyLine(line) {
			show(line)
		}
	}
	return b.String()
}

// shownLine is a line of a plan as a hint may show it, without values that may be secret.
func shownLine(line string) string {
	line = contentOf(line)
	m := keyAndValue.FindStringSubmatch(line)
	switch {
	case m != nil && (slices.Contains(shownKeys, m[2]) && !strings.ContainsAny(m[3][:1], "{[&*|>!") || isShown(m[3])):
		return m[1] + m[2] + ": " + m[3]
	case m != nil:
		return m[1] + m[2] + ": …"
	case strings.HasSuffix(line, ":"):
		return line
	}
	return line[:indentOf(line)] + "…"
}

// isShown says whether a value may be shown whatever its key: a reference, days, a time, a duration, or a word of
// the format.
func isShown(value string) bool {
	_, noDays := ParseDays(value)
	_, noLength := time.ParseDuration(value)
	_, noTime := ParseChangeTo(value)
	return onlyReference.MatchString(value) || noDays == nil || noLength == nil || noTime == nil || value == "cancelled" || value == none
}

// shownKeys are the keys whose values hints show. What stands in the place of a storage or an app may be the definition
// of one, with its secrets.
var shownKeys = slices.DeleteFunc(append([]string{"title", "version"}, plainKeys...), func(key string) bool { return key == "storage" || key == "app" })

// keyWithoutColon matches a line whose key has no colon and space behind it: another sign, none, or no space.
var keyWithoutColon = regexp.MustCompile(`^( *(?:- )?)([A-Za-z0-9_-]+)( *[=：] *| +|:)([^\s=：:].*?)\s*$`)

// colons are the changes that give a key its colon and space.
func (l *layout) colons(line int, text string) (list []lineChange) {
	if m := keyWithoutColon.FindStringSubmatchIndex(text); m != nil && len(homes()[text[m[4]:m[5]]]) > 0 {
		key := text[m[4]:m[5]]
		list = append(list, lineChange{
			first: line, last: line, from: m[6], to: m[7], text: ": ", message: key + " is not followed by a colon and a space",
			hint: "write " + strings.TrimSpace(shownLine(key+": "+text[m[8]:m[9]])),
		})
	}
	if word := strings.TrimSpace(text); idPattern.MatchString(word) && l.isName(line, word) {
		end := strings.LastIndex(text, word) + len(word)
		list = append(list, lineChange{first: line, last: line, from: end, to: end, text: ":", message: word + " is not followed by a colon", hint: "write " + word + ":"})
	}
	return list
}

// isName says whether a word alone on its line is a key, or a name with keys below it. Another word may be a secret, and is not
// shown.
func (l *layout) isName(line int, word string) bool {
	after := l.after(line)
	return len(homes()[word]) > 0 || after > 0 && indentOf(l.lines[after-1]) > indentOf(l.lines[line-1])
}

// quotes are the changes for a value that YAML reads as more than a text: a title or a note gets quotes, and a weekday of
// when loses its colon.
func quotes(line int, text string) []lineChange {
	m := keyAndValue.FindStringSubmatchIndex(text)
	if m == nil {
		return nil
	}
	key, value := text[m[4]:m[5]], text[m[6]:m[7]]
	c := lineChange{first: line, last: line, from: m[6], to: m[7]}
	switch {
	case key == "title" || key == "note":
		c.text, c.message = strconv.Quote(value), "YAML reads more than a text in this "+key
		c.hint = "put it in quotes: " + key + ": " + c.text
	case key == "when":
		c.text = strings.Replace(value, ": ", " ", 1)
		if _, err := ParseWhen(c.text); err != nil {
			return nil
		}
		c.message, c.hint = "a colon and a space stand in the time of when", "write when: "+c.text
	default:
		return nil
	}
	return []lineChange{c}
}
