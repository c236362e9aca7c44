package render

import "strings"

// Cells makes texts of a plan fit for a spreadsheet: no control characters, no marks that turn the direction of other
// text, and nothing that is read as a formula.
func Cells(texts ...string) []string {
	for i, text := range texts {
		text = Line(text)
		if strings.HasPrefix(strings.TrimLeft(text, " "), "=") || text != "" && strings.ContainsRune("+-@＝＋－＠", []rune(text)[0]) {
			text = "'" + text
		}
		texts[i] = text
	}
	return texts
}
