// Package docs embeds the manual of the rules for the commands that print it. Its tests hold architecture.md and security.md
// against the code: the functions and the tests that they name are there.
package docs

import (
	_ "embed"
	"strings"
)

// Rules is the manual of the rules, with a section for each, in Markdown.
//
//go:embed rules.md
var Rules string

// Rule is the manual's section on one rule, without its heading; false where there is none.
func Rule(id string) (string, bool) {
	_, rest, ok := strings.Cut(Rules, "\n## "+id+"\n")
	if !ok {
		return "", false
	}
	section, _, _ := strings.Cut(rest, "\n## ")
	return strings.Trim(section, "\n") + "\n", true
}
