package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// nearest finds the candidate that a mistyped text most likely means, whatever its case; "" for none. Of several at
// the same distance it is the first.
func nearest(text string, candidates []string) string {
	const longest = 80 // no name is; the distance of two long texts is costly and means nothing
	if len(text) > longest {
		return ""
	}
	text = strings.ToLower(text)
	best, least := "", 1+max(min(2, len(text)-1), len(text)/3)
	for _, c := range candidates {
		if len(c) > longest {
			continue
		}
		if d := levenshtein.Distance(text, strings.ToLower(c), nil); d < least {
			best, least = c, d
		}
	}
	return best
}

// didYouMean is the hint of the nearest candidate.
func didYouMean(text string, candidates []string) string {
	if best := nearest(text, candidates); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return ""
}

// ingestPath is what follows the host of a CDN address: it holds the stream key.
var ingestPath = regexp.MustCompile(`(?i)(rtmps?://[^/?#@\s]*)\S+`)

// quoted shows a text of the plan in a message, shortened. A stream key or a password is not shown, wherever its address
// was put by mistake.
func quoted(text string) string {
	const longest = 60
	text = MaskUser(ingestPath.ReplaceAllString(text, "${1}"+redacted))
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return strconv.Quote(text)
}
