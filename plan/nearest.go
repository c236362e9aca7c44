package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Nearest finds the candidate that a mistyped text most likely means, in any case; "" for none. A wrong hint is worse
// than none: it guesses nothing where two candidates are equally near, or where the digits differ, since eu-west-2 is
// not a misspelling of eu-west-1.
func Nearest(text string, candidates []string) string {
	const longest = 80 // no name is; the distance of two long texts is costly and means nothing
	if len(text) > longest {
		return ""
	}
	text = strings.ToLower(text)
	digits := DigitsOf(text)
	return Closest(candidates, maxTypos(text), func(candidate string) (int, bool) {
		if len(candidate) > longest || DigitsOf(candidate) != digits {
			return 0, false
		}
		return Typos(text, strings.ToLower(candidate)), true
	})
}

// Closest finds the candidate with the fewest mistakes, most of them allowed; "" where there is none, or where two are equally near.
// mistakes is false for a candidate that cannot be meant.
func Closest(candidates []string, most int, mistakes func(candidate string) (int, bool)) string {
	best, least, same := "", most+1, false
	for _, c := range candidates {
		switch n, ok := mistakes(c); {
		case !ok:
		case n < least:
			best, least, same = c, n, false
		case n == least && best != "" && c != best:
			same = true
		}
	}
	if same {
		return ""
	}
	return best
}

// maxTypos is how many mistakes a text may contain and still be recognised, by its length.
func maxTypos(text string) int {
	switch n := utf8.RuneCountInString(text); {
	case n < 3: // any two of them are near
		return 0
	case n <= 4:
		return 1
	case n <= 8:
		return 2
	default:
		return 3
	}
}

// Typos counts the mistakes between two texts: letters that are missing, added or replaced. Two swapped letters count
// as one mistake.
func Typos(a, b string) int {
	d := levenshtein.Distance(a, b, nil)
	if d == 2 && len(a) == len(b) {
		for i := 0; i+1 < len(a); i++ {
			if a[i] != b[i] {
				if a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:] {
					return 1
				}
				break
			}
		}
	}
	return d
}

// DigitsOf drops everything but the digits of a text.
func DigitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// DidYouMean is the hint of the nearest candidate.
func DidYouMean(text string, candidates []string) Hint {
	if best := Nearest(text, candidates); best != "" {
		return Hint{Text: fmt.Sprintf("did you mean %s?", best), Replacement: best}
	}
	return Hint{}
}

// ingestPath is what follows the host of a CDN address: it holds the stream key.
var ingestPath = regexp.MustCompile(`(?i)(rtmps?://[^/?#@\s]*)\S+`)

// Quoted shows a text of the plan in a message, in quotes and shortened to 60 characters. Stream keys and passwords
// of addresses are redacted, wherever the address was put by mistake.
func Quoted(text string) string {
	const longest = 60
	text = MaskUser(ingestPath.ReplaceAllString(text, "${1}"+redacted))
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return strconv.Quote(text)
}

// SomeOf lists the first names for a message: a, b, c and 9 more.
func SomeOf(names []string) string {
	const most = 3
	switch n := len(names); {
	case n > most+1:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	default:
		return strings.Join(names, "")
	}
}
