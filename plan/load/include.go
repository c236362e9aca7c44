package load

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"

	"github.com/agext/levenshtein"

	"rundown/plan"
)

// maxIncluded bounds how many files a plan includes, so that a glob over the wrong folder ends soon. README.md names it.
const maxIncluded = 1000

// include reads the files that the root file includes, each one once, in the order of the entries. An included file includes none.
func (l *loader) include(root *sourceFile, file *rootFile) {
	if file.Include == nil {
		return
	}
	seen := map[string]bool{path.Clean(root.src.Path): true}
	for _, pattern := range *file.Include {
		for _, match := range l.included(root, pattern) {
			clean := path.Clean(match)
			switch {
			case seen[clean]:
			case len(seen) > maxIncluded:
				root.report("include-not-found", pattern.At, fmt.Sprintf("%s brings the included files to more than %d", plan.Quoted(pattern.Text), maxIncluded), "name a folder that holds plans alone")
				return
			default:
				seen[clean] = true
				l.includeFile(root, pattern, match)
			}
		}
	}
}

// included lists the files that one entry of include matches.
func (l *loader) included(root *sourceFile, pattern scalar) []string {
	if root.noReference("include", pattern) {
		return nil
	}
	joined := pattern.Text
	if folder := path.Dir(root.src.Path); !path.IsAbs(joined) && folder != "." {
		joined = path.Join(folder, joined)
	}
	matches, err := l.files.Glob(joined)
	switch {
	case errors.Is(err, path.ErrBadPattern), errors.Is(err, filepath.ErrBadPattern):
		root.report("include-not-found", pattern.At, fmt.Sprintf("%s is not a path or glob: %v", plan.Quoted(pattern.Text), err), "")
		return nil
	case err != nil:
		root.report("include-not-found", pattern.At, fmt.Sprintf("%s cannot be included: %v", plan.Quoted(pattern.Text), err), "")
		return nil
	case len(matches) == 0 || pattern.Text == "":
		root.report("include-not-found", pattern.At, fmt.Sprintf("%s matches no file", plan.Quoted(pattern.Text)), "paths are relative to the folder of the root file")
		return nil
	}
	if slices.ContainsFunc(matches, func(m string) bool { return path.Clean(m) == path.Clean(root.src.Path) }) {
		root.report("invalid-value", pattern.At, fmt.Sprintf("%s matches the root file itself", plan.Quoted(pattern.Text)), "move what is included to a folder of its own")
	}
	return matches
}

// includeFile reads one included file, unless it does not look like a part of a plan.
func (l *loader) includeFile(root *sourceFile, pattern scalar, name string) {
	text, err := l.files.ReadFile(name)
	if err != nil {
		if errors.Is(err, syscall.EISDIR) {
			root.report("include-not-found", pattern.At, fmt.Sprintf("%s is a folder", plan.Quoted(name)), "include files, not folders")
			return
		}
		root.report("include-not-found", pattern.At, fmt.Sprintf("%s cannot be read: %v", plan.Quoted(name), err), "")
		return
	}
	if !looksLikePlan(text) {
		root.report("include-not-found", pattern.At, fmt.Sprintf("%s does not look like a plan: it has none of the keys calendars, recordings and defaults", plan.Quoted(name)),
			"nothing of its text is shown, since it may be any file of the machine")
		return
	}
	u := l.parse(name, text)
	if u.top == nil {
		return
	}
	var file includedFile
	u.part, u.positions = &file.partKeys, &file.positions
	if !u.decode(&file) {
		u.part = nil
	}
}

// These find what may be a key of a file's mapping: at the beginning of a line, or anywhere in a mapping in braces.
var (
	blockKey = regexp.MustCompile(`^["']?([A-Za-z_]{4,20})["']?[ \t]*:(?:\s|$)`)
	braceKey = regexp.MustCompile(`(?:^\s*|[{,]\s*)["']?([A-Za-z_]{4,20})["']?\s*:`)
)

// looksLikePlan says whether a text may be meant as an included file: one of its keys is nearly one that such a file
// has, or the account that people put there by mistake. Findings quote the text of plans, so no other file may be
// taken for one.
func looksLikePlan(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\uFEFF")), " \t\r\n")
	form := blockKey
	if bytes.HasPrefix(text, []byte("{")) {
		form = braceKey
	}
	for line := range bytes.Lines(text) {
		for _, match := range form.FindAllSubmatch(line, -1) {
			for _, key := range []string{"calendars", "recordings", "defaults", "account"} {
				if levenshtein.Distance(string(match[1]), key, nil) <= 2 {
					return true
				}
			}
		}
	}
	return false
}
