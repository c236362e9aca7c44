package load

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rundown/plan"
)

// listForm says how the list is written that contains a time.
type listForm uint8

const (
	noList    listForm = iota
	flowList           // [a, b]
	blockList          // an item on each line
)

const dayNamesHint = "days are Mon, Tue, Wed, Thu, Fri, Sat and Sun, ranges as Mon-Fri"

// improveWhenError gives an error of [ParseWhen] a hint that can be pasted over the text, where its meaning is
// certain: several times in one text, days in another language, or another notation. form says how several times are
// written.
func improveWhenError(err error, text string, form listForm) error {
	if after := afterTime(text); after != nil {
		return after
	}
	if bare := strings.Trim(text, `"'`); bare != text {
		if _, wrong := ParseWhen(bare); wrong == nil {
			return &plan.SyntaxError{Message: plan.Quoted(text) + " has a quote at one end only", Hint: plan.WriteHint(bare)}
		}
	}
	times, guessed := interpretWhen(text)
	if len(times) == 0 {
		return err
	}
	message := err.Error()
	if plain := dashes.Replace(text); respellClocks(plain) != plain {
		message = "the times in " + plan.Quoted(text) + " are not written as 09:00-09:50"
	}
	hint := plan.Hint{Text: times[0], Replacement: times[0]}
	if len(times) > 1 {
		message = fmt.Sprintf("%s holds %d times, and when takes a list of them", plan.Quoted(text), len(times))
		list := `"` + strings.Join(times, `", "`) + `"`
		switch form {
		case flowList:
			hint = plan.Hint{Text: list, Replacement: list, Raw: true}
		case blockList: // no edit: it takes several lines
			hint = plan.NewHint("an item for each: - " + strings.ReplaceAll(list, `", "`, `", - "`))
		default:
			hint = plan.Hint{Text: "[" + list + "]", Replacement: "[" + list + "]", Raw: true}
		}
	}
	if guessed {
		hint.Text = "did you mean " + hint.Text + "?"
	} else {
		hint.Text = "write " + hint.Text
	}
	return &plan.SyntaxError{Message: message, Hint: hint}
}

// The pieces of which people make times. The order counts.
var whenPieces = regexp.MustCompile(`^(?:` +
	`(\d{1,2}:\d{2}(?::\d{2})?)\s*(?:-|to|until|bis)\s*(\d{1,2}:\d{2}(?::\d{2})?)` + // 1, 2: start and end
	`|(\d{4}-\d{2}-\d{2})` + // 3: a date
	`|((?i:every\s+day)\b|[\pL\pM]+(?i:-feiras?)?\.?)` + // 4: a word
	`|([-,;:&+/])` + // 5: between
	`|\s+)`)

// dashes are replaced by hyphens, so that text from a word processor reads the same.
var dashes = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "−", "-", "\u00a0", " ", "\u202f", " ")

// Words between days and times, folded. What stands between two days is a range or a list.
var (
	rangeWords = map[string]bool{"-": true, "to": true, "through": true, "thru": true, "until": true, "bis": true, "a": true, "al": true, "au": true, "ate": true}
	otherWords = map[string]bool{
		",": true, ";": true, ":": true, "&": true, "+": true, "/": true, "and": true, "und": true, "y": true, "e": true, "et": true, "en": true,
		"at": true, "on": true, "every": true, "from": true, "um": true, "von": true,
	}
)

// whenPiece is a day word, a date, a time or a range sign.
type whenPiece struct {
	kind pieceKind
	text string
}

// pieceKind is the kind of a [whenPiece].
type pieceKind uint8

const (
	pieceDay pieceKind = iota
	pieceDate
	pieceTime
	pieceRange
)

// interpretWhen finds the times that a text means which [ParseWhen] refuses; none where that is not certain. guessed
// says whether a word was taken for a misspelt day. [ParseWhen] accepts each of the times.
func interpretWhen(text string) (times []string, guessed bool) {
	const longest = 400
	if len(text) > longest {
		return nil, false
	}
	pieces, ok := whenPiecesOf(respellClocks(dashes.Replace(text)))
	if !ok {
		return nil, false
	}
	// A time that comes first belongs to the days that follow it.
	if n := len(pieces); n > 1 && pieces[0].kind == pieceTime && !slices.ContainsFunc(pieces[1:], func(p whenPiece) bool { return p.kind == pieceTime }) {
		pieces = append(slices.Clone(pieces[1:]), pieces[0])
	}
	var words []string
	for _, p := range pieces {
		if p.kind == pieceDay {
			words = append(words, p.text)
		}
	}
	meanings := interpretDays(words)
	for _, m := range meanings {
		if !m.known {
			return nil, false
		}
		guessed = guessed || m.guessed
	}
	times, ok = composeTimes(pieces, meanings)
	if !ok || len(times) == 0 || slices.Equal(times, []string{text}) {
		return nil, false
	}
	for _, t := range times {
		if _, err := ParseWhen(t); err != nil {
			return nil, false
		}
	}
	return times, guessed
}

// whenPiecesOf splits a text into pieces; false where it contains anything else.
func whenPiecesOf(text string) (pieces []whenPiece, ok bool) {
	for len(text) > 0 {
		m := whenPieces.FindStringSubmatch(text)
		if m == nil {
			return nil, false
		}
		text = text[len(m[0]):]
		word := m[4] + m[5]
		switch folded := strings.Join(strings.Fields(foldWord(word)), ""); {
		case m[1] != "":
			pieces = append(pieces, whenPiece{pieceTime, m[1] + "-" + m[2]})
		case m[3] != "":
			pieces = append(pieces, whenPiece{pieceDate, m[3]})
		case rangeWords[folded]:
			pieces = append(pieces, whenPiece{pieceRange, word})
		case m[4] != "" && !otherWords[folded]:
			if folded != "everyday" {
				folded = m[4]
			}
			pieces = append(pieces, whenPiece{pieceDay, folded})
		}
	}
	return pieces, true
}

// composeTimes joins the pieces: days or dates and then a time, repeatedly. A time without days of its own is another
// one for the days before it. It is false where the pieces are in another order.
func composeTimes(pieces []whenPiece, meanings []meaning) (times []string, ok bool) {
	var days []string // weekday names, ranges of them, or dates
	timed := false    // the days have a time already
	after := func(kind pieceKind, i int) bool { return i > 0 && pieces[i-1].kind == kind }
	for i, p := range pieces {
		if timed && (p.kind == pieceDay || p.kind == pieceDate) {
			days, timed = nil, false
		}
		switch p.kind {
		case pieceRange:
			if !after(pieceDay, i) || i+1 == len(pieces) || pieces[i+1].kind != pieceDay {
				return nil, false
			}
		case pieceDay:
			names := dayText(meanings[0].days)
			meanings = meanings[1:]
			if after(pieceRange, i) {
				last := len(days) - 1
				if strings.ContainsAny(days[last]+names, " -") {
					return nil, false // a range from or to several days
				}
				days[last] += "-" + names
				continue
			}
			days = append(days, names)
		case pieceDate:
			days = append(days, p.text)
		case pieceTime:
			if len(days) == 0 {
				return nil, false
			}
			timed = true
			if !plan.IsDigit(days[0][0]) {
				times = append(times, strings.Join(days, " ")+" "+p.text)
				continue
			}
			for _, day := range days {
				times = append(times, day+" "+p.text)
			}
		}
	}
	return times, timed
}

// dayText writes the days of a word as plans do.
func dayText(days plan.Weekdays) string {
	switch days {
	case dayGroups["daily"]:
		return "Mon-Sun"
	case dayGroups["weekdays"]:
		return "Mon-Fri"
	}
	return days.String()
}

// joinedWhen is the time that a comma has cut into two items: days, and then days with a time. It is "" where the
// items are something else.
func joinedWhen(days, rest string) string {
	pieces, ok := whenPiecesOf(dashes.Replace(days))
	if !ok || len(pieces) == 0 || slices.ContainsFunc(pieces, func(p whenPiece) bool { return p.kind != pieceDay && p.kind != pieceRange }) {
		return ""
	}
	whole := days + " " + rest
	if _, err := ParseWhen(whole); err == nil {
		return whole
	}
	if times, guessed := interpretWhen(whole); len(times) == 1 && !guessed {
		return times[0]
	}
	return ""
}

// unknownWeekday is the error for a word that is not a day as plans write it. Its hint names the days that the word
// means, by language, or shows what days look like.
func unknownWeekday(word string) error {
	hint := dayNamesHint
	if list := readings(word); len(list) > 0 {
		parts := make([]string, len(list))
		for i, r := range list {
			parts[i] = plan.WeekdayNames[r.day][:3] + " in " + joinWords(r.languages)
		}
		hint = fmt.Sprintf("%q is %s", word, strings.Join(parts, ", "))
	}
	return plan.SyntaxErrorf(hint, "%q is not a day of the week", word)
}

// joinWords lists words for a message: a, b and c.
func joinWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
