package load

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"rundown/plan"
)

// invisibles are the characters that word processors and web pages insert in place of a space or between letters, and
// that nobody sees.
const invisibles = "\u00a0\u00ad\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200e\u200f\u202f\u205f\u2060\u3000"

// zeroWidth are the invisible characters without width, which are removed and not replaced by a space.
const zeroWidth = "\u00ad\u180e\u200b\u200e\u200f\u2060"

// invisibleNames are the names of the common ones, for messages.
var invisibleNames = map[rune]string{
	0x00A0: "no-break space", 0x00AD: "soft hyphen", 0x200B: "zero width space", 0x2007: "figure space", 0x2009: "thin space",
	0x200E: "left-to-right mark", 0x200F: "right-to-left mark", 0x202F: "narrow no-break space", 0x2060: "word joiner", 0x3000: "ideographic space",
}

// structure matches what surrounds a key or the dash of a list, where YAML needs plain spaces: the indentation, what
// follows a colon, a dash, a comma or an opening bracket.
var structure = regexp.MustCompile(`(?:^|[{\[,])([ ` + invisibles + `]+)(?:["']?[\w.-]+["']?[ ` + invisibles + `]*:|-[ ` + invisibles + `])` +
	`|[\w.-]["']?:([ ` + invisibles + `]+)[^ ]|(?:^| )-([ ` + invisibles + `]+)[^ ]|[\w.-]([` + invisibles + `]+):(?: |$)`)

// plainSpaces reports each invisible character where YAML needs a plain space, and replaces it in the text that is
// parsed, so that the rest of the file is read. It leaves texts unchanged.
func (u *sourceFile) plainSpaces() {
	s := u.src
	if !slices.ContainsFunc(s.Text, func(c byte) bool { return c >= utf8.RuneSelf }) {
		return
	}
	var cleaned []byte
	done := 0
	for i, from := range s.Starts {
		to := s.LineEnd(from)
		line := string(s.Text[from:to])
		for _, run := range invisibleRuns(line) {
			u.reportInvisible(i+1, line, run)
			cleaned = append(cleaned, s.Text[done:from+run[0]]...)
			cleaned = append(cleaned, strings.Repeat(" ", utf8.RuneCountInString(line[run[0]:run[1]]))...)
			done = from + run[1]
		}
	}
	if done > 0 {
		cleaned = append(cleaned, s.Text[done:]...)
		u.src = plan.NewSource(s.Path, cleaned)
	}
}

// invisibleRuns gives the ranges of a line that should be plain spaces.
func invisibleRuns(line string) [][2]int {
	if !strings.ContainsAny(line, invisibles) {
		return nil
	}
	end := len(line)
	if i := strings.Index(line, " #"); i >= 0 {
		end = i
	}
	if strings.HasPrefix(strings.TrimLeft(line, " "+invisibles), "#") {
		end = 0
	}
	var runs [][2]int
	for at := 0; at < end; {
		m := structure.FindStringSubmatchIndex(line[at:end])
		if m == nil {
			break
		}
		group := slices.DeleteFunc(m[2:], func(i int) bool { return i < 0 }) // that of the alternative which matched
		from, to := at+group[0], at+group[1]
		if strings.ContainsAny(line[from:to], invisibles) && outsideQuotes(line[:from]) {
			runs = append(runs, [2]int{from, to})
		}
		at = to
	}
	return runs
}

// reportInvisible reports the first invisible character of a range. The edit corrects the whole range.
func (u *sourceFile) reportInvisible(line int, text string, run [2]int) {
	piece := text[run[0]:run[1]]
	at := strings.IndexAny(piece, invisibles)
	r, _ := utf8.DecodeRuneInString(piece[at:])
	name := invisibleNames[r]
	if name == "" {
		name = "invisible character"
	}
	instead := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(zeroWidth, r):
			return -1
		case strings.ContainsRune(invisibles, r):
			return ' '
		}
		return r
	}, piece)
	hint := plan.NewHint("write a plain space")
	if instead == "" || strings.ContainsRune(zeroWidth, r) {
		hint = plan.NewHint("remove it")
	}
	hint.At, hint.Replacement = lineSpan(line, text, run[0], run[1]), instead
	u.advise(ruleSyntax, lineSpan(line, text, run[0]+at, run[0]+at+utf8.RuneLen(r)), fmt.Sprintf("%U (%s) is not a space for YAML", r, name), hint)
}
