package redact

import (
	"regexp"
	"strings"
)

// Query hides in a web address the values of its query and of its fragment, which may be tokens. References are shown.
func Query(address string) string {
	end := strings.IndexAny(address, "?#")
	if end < 0 {
		return address
	}
	query := address[end] == '?'
	tail := pieces.ReplaceAllStringFunc(address[end:], func(piece string) string {
		switch piece[0] {
		case '?', '&', ';':
			query = true
		case '#':
			query = false
		}
		name, value, named := strings.Cut(piece, "=")
		switch {
		case !named && (!query || len(piece) == 1): // a place within the page
			return piece
		case !named:
			return piece[:1] + maskedValue(piece[1:])
		default:
			return name + "=" + maskedValue(value)
		}
	})
	return address[:end] + tail
}

// pieces are the parts of a query and a fragment, each with the character before it.
var pieces = regexp.MustCompile(`[?#&;][^?#&;]*`)

// maskedValue keeps what is nothing but references.
func maskedValue(value string) string {
	if reference.ReplaceAllString(value, "") == "" {
		return value
	}
	return Mark
}
