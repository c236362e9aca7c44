package load

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// clockUnit matches what people write after an hour.
const clockUnit = `(?:(h|hs|hrs?|uhr|o'clock|[ap]\.?m\.?)(?:\b|$))?`

// spelledClocks matches a start and an end in any common notation: 9.00-9.50, 9h00-9h50, 9-10 Uhr, 9am to 10am.
var spelledClocks = regexp.MustCompile(`(?i)(^|[\s,;(])(\d{1,2})(?:([:.h])(\d{2}))?\s*` + clockUnit +
	`\s*(?:-|to|until|till|bis)\s*(\d{1,2})(?:([:.h])(\d{2}))?\s*` + clockUnit + `($|[\s,;)])`)

// respellClocks writes the times of a text as plans do. It leaves unchanged what it cannot read, and what is written
// correctly already.
func respellClocks(text string) string {
	return spelledClocks.ReplaceAllStringFunc(text, func(match string) string {
		m := spelledClocks.FindStringSubmatch(match)
		start, end := spelledClock{m[2], m[3], m[4], unitOf(m[5])}, spelledClock{m[6], m[7], m[8], unitOf(m[9])}
		plain := start.separator == ":" && end.separator == ":" && start.unit == ""
		switch {
		case plain && (end.unit == "" || end.unit == "h"):
			return match
		case (start.separator == "" || end.separator == "") && start.unit+end.unit == "":
			return match // 9-10 may be days
		}
		from, to, ok := readClocks(start, end)
		if !ok {
			return match
		}
		return m[1] + from + "-" + to + m[10]
	})
}

// spelledClock is one time of day: its digits, separator and unit: am, pm, h or none.
type spelledClock struct{ hour, separator, minute, unit string }

// unitOf gives am, pm, none, or h for any other unit.
func unitOf(unit string) string {
	switch letters := strings.ToLower(strings.ReplaceAll(unit, ".", "")); letters {
	case "", "am", "pm":
		return letters
	}
	return "h"
}

// readClocks reads a start and an end. An am or pm that is written once, after the end, applies to the start too,
// unless the class would then end before it starts: 11:00-1:00 pm is ambiguous.
func readClocks(start, end spelledClock) (from, to string, ok bool) {
	half := end.unit == "am" || end.unit == "pm"
	shared := half && start.unit == ""
	if shared {
		start.unit = end.unit
	}
	first, ok1 := start.minutes()
	last, ok2 := end.minutes()
	if !ok1 || !ok2 || half != (start.unit == "am" || start.unit == "pm") || shared && first >= last {
		return "", "", false
	}
	if half {
		return fmt.Sprintf("%02d:%02d", first/60, first%60), fmt.Sprintf("%02d:%02d", last/60, last%60), true
	}
	return start.text(), end.text(), true
}

// text writes the time with 24 hours, with the digits that it has.
func (c spelledClock) text() string {
	if c.minute == "" {
		return c.hour + ":00"
	}
	return c.hour + ":" + c.minute
}

// minutes counts from midnight; false for an hour that am and pm do not have.
func (c spelledClock) minutes() (int, bool) {
	hour, minute := number(c.hour), number(c.minute)
	if c.unit != "am" && c.unit != "pm" {
		return hour*60 + minute, true
	}
	if hour < 1 || hour > 12 {
		return 0, false
	}
	hour %= 12
	if c.unit == "pm" {
		hour += 12
	}
	return hour*60 + minute, true
}

// Words after a time, folded.
var (
	clockWords  = []string{"h", "hs", "hr", "hrs", "hours", "uhr", "o'clock", "heures", "horas", "ore"}
	weeklyWords = []string{
		"weekly", "every week", "each week", "per week", "repeating", "recurring", "wochentlich", "jede woche", "semanal", "semanalmente",
		"cada semana", "hebdomadaire", "chaque semaine", "settimanale", "ogni settimana", "wekelijks",
	}
	someWeeksWords = []string{
		"biweekly", "bi-weekly", "fortnightly", "every other week", "every second week", "every two weeks", "alternate weeks", "monthly",
		"every month", "14-taglich", "alle zwei wochen", "monatlich",
	}
	// zoneWords are abbreviations that are zones of the database too, or of UTC.
	zoneWords = map[string]string{
		"CET": "Europe/Berlin", "MET": "Europe/Berlin", "EET": "Europe/Athens", "WET": "Europe/Lisbon", "GMT": "Europe/London",
		"EST": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu", "UTC": "UTC", "Z": "UTC",
	}
)

// lastClock matches a time of day and the character after it.
var lastClock = regexp.MustCompile(`\d{1,2}:\d{2}(?::\d{2})?[\s,;(]`)

// afterTime is the error for a time that is followed by something else: a unit, a zone, or words. It is nil where the time
// cannot be read, or where what follows may be another time.
func afterTime(original string) error {
	text := respellClocks(dashes.Replace(original))
	clocks := lastClock.FindAllStringIndex(text, -1)
	if len(clocks) == 0 {
		return nil
	}
	end := clocks[len(clocks)-1][1] - 1
	time, rest := strings.TrimSpace(text[:end]), strings.Trim(text[end:], " ,;()\t")
	w, err := ParseWhen(time)
	if err != nil {
		times, guessed := interpretWhen(time)
		if len(times) != 1 || guessed {
			return nil
		}
		time = times[0]
		if w, err = ParseWhen(time); err != nil {
			return nil
		}
	}
	hint := afterTimeHint(time, rest, w.Kind == plan.WhenDated)
	if hint.Text == "" {
		return nil
	}
	return plan.SyntaxErrorHint(hint, "%s has text after the time", plan.Quoted(original))
}

// afterTimeHint is the hint for the text after a time. The edit removes only text without meaning.
func afterTimeHint(time, rest string, dated bool) plan.Hint {
	folded := strings.Join(strings.Fields(foldWord(rest)), " ")
	switch {
	case rest == "" || slices.Contains([]string{"am", "pm", "a.m", "p.m"}, folded):
		return plan.Hint{}
	case slices.Contains(clockWords, folded):
		return plan.WriteHint(time)
	case slices.Contains(weeklyWords, folded) && dated:
		return plan.NewHint("a date is one class; write a weekday for a class in each week, as in Mon 09:00-09:50")
	case slices.Contains(weeklyWords, folded):
		return plan.WriteHint(time)
	case slices.Contains(someWeeksWords, folded):
		return plan.NewHint("write " + time + ", and name the days of these weeks in a calendar for only")
	}
	if zone := zoneAfterTime(rest); zone != "" {
		return plan.NewHint(fmt.Sprintf("write %s; the zone belongs in timezone, as in timezone: %s", time, zone))
	}
	if plan.DigitsOf(rest) != "" || slices.ContainsFunc(strings.FieldsFunc(folded, notInWord), isDayWord) {
		return plan.Hint{} // another day, or a date
	}
	return plan.NewHint("write " + time + "; a remark for people goes in note")
}

// zoneAfterTime is the zone that an abbreviation, an offset or a name of the database means; "" for none. A city
// alone is not taken for one: it may be where the class is held.
func zoneAfterTime(rest string) string {
	if m := plan.ZoneOffset.FindStringSubmatch(rest); m != nil {
		return plan.OffsetCity(rest, m[1]+m[2], m[3])
	}
	for _, table := range []map[string]string{zoneWords, abbreviations} {
		if zone := table[strings.ToUpper(rest)]; zone != "" {
			return zone
		}
	}
	if hint := zoneHint(rest); strings.Contains(rest, "/") && strings.HasPrefix(hint.Text, "write ") {
		return hint.Replacement
	}
	return ""
}

func notInWord(r rune) bool { return strings.ContainsRune(" ,;/+&-", r) }

// isDayWord says whether a word may mean days.
func isDayWord(word string) bool {
	_, misspelling := misspelt(word)
	_, group := dayGroups[word]
	return group || misspelling || len(readings(word)) > 0
}

// improveToError gives an error of [ParseChangeTo] a hint that can be pasted over the text, where it is certain which
// time is meant.
func improveToError(err error, text string) error {
	spelled := respellClocks(dashes.Replace(text))
	if clocks := lastClock.FindAllStringIndex(spelled, -1); len(clocks) > 0 {
		end := clocks[len(clocks)-1][1] - 1
		if slices.Contains(clockWords, foldWord(strings.TrimSpace(spelled[end:]))) {
			spelled = spelled[:end]
		}
	}
	pieces, ok := whenPiecesOf(spelled)
	if !ok || len(pieces) == 0 || len(pieces) > 2 || pieces[len(pieces)-1].kind != pieceTime || len(pieces) == 2 && pieces[0].kind != pieceDate {
		return err
	}
	words := make([]string, len(pieces))
	for i, p := range pieces {
		words[i] = p.text
	}
	meant := strings.Join(words, " ")
	if _, wrong := ParseChangeTo(meant); wrong != nil || meant == text {
		return err
	}
	return plan.SyntaxErrorHint(plan.WriteHint(meant), "%s is not a new time as plans write it", plan.Quoted(text))
}

// readTimes reads a mapping in place of times, such as {Mon: 09:00-09:50} or {day: Mon, start: 09:00, end: 09:50}, as the times
// that it means, and reports it.
func (k *whenKeys) readTimes(d *decoder, n *yaml.Node, s location, next whenItem) {
	d.rejectForbidden(n)
	times := timesIn(n)
	hint := whenHint
	if k.unread = k.unread || len(times) == 0; len(times) > 0 {
		hint = "write it without keys: " + timesAs(times, next.list)
	}
	at := nodeSpan(d.src, n)
	d.advise("wrong-type", at, s.name+" takes a text for weekdays and a time, not keys", plan.NewHint(hint))
	for _, time := range times {
		next.Text = scalar{time, at}
		k.Items = append(k.Items, next)
	}
}

// timesAs writes times as they stand in a list of a form, or with their key.
func timesAs(times []string, form listForm) string {
	quoted := `"` + strings.Join(times, `", "`) + `"`
	switch {
	case form == flowList:
		return quoted
	case form == blockList && len(times) == 1:
		return "- " + plan.Scalar(times[0], "")
	case form == blockList:
		var b strings.Builder
		for _, time := range times {
			b.WriteString("\n- " + plan.Scalar(time, ""))
		}
		return b.String()
	case len(times) == 1:
		return "when: " + plan.Scalar(times[0], "")
	}
	return "when: [" + quoted + "]"
}

// timesIn are the times that the keys and values of a mapping mean: weekdays or dates with times as their values, or a day with its
// start and end. There are none where that is not certain, or where a key means something else: its meaning would be lost.
func timesIn(n *yaml.Node) []string {
	of := map[string]string{}
	var times []string
	days := true // each key is a day with its times
	for i := 0; i+1 < len(n.Content); i += 2 {
		texts, ok := textsOf(n.Content[i+1])
		if !ok {
			return nil
		}
		for _, text := range texts {
			meant := readableTimes(n.Content[i].Value + " " + text)
			times, days = append(times, meant...), days && len(meant) > 0
		}
		of[strings.ToLower(n.Content[i].Value)] = strings.Join(texts, " ")
	}
	if days {
		return times
	}
	used := 0
	first := func(names ...string) string {
		i := slices.IndexFunc(names, func(name string) bool { return of[name] != "" })
		if i < 0 {
			return ""
		}
		used++
		return of[names[i]]
	}
	day, time := first("day", "days", "weekday", "weekdays", "date"), first("time", "times", "hours")
	if time == "" {
		time = first("start", "from", "begin") + "-" + first("end", "until", "to")
	}
	if used < len(n.Content)/2 {
		return nil
	}
	return readableTimes(strings.TrimSpace(day + " " + time))
}

// textsOf are the texts of a value that is one or a list of them; false for another value or an empty list.
func textsOf(value *yaml.Node) (texts []string, ok bool) {
	list := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		list = value.Content
	}
	for _, item := range list {
		if item.Kind != yaml.ScalarNode {
			return nil, false
		}
		texts = append(texts, item.Value)
	}
	return texts, len(texts) > 0
}

// readableTimes are the times that a text is or means; none where that is not certain.
func readableTimes(text string) []string {
	if _, err := ParseWhen(text); err == nil {
		return []string{text}
	}
	if times, guessed := interpretWhen(text); !guessed {
		return times
	}
	return nil
}
