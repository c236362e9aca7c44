package planfile

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rundown/internal/redact"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/store"
)

// Revision is what the store keeps of a plan: its texts with every secret that is written out masked, references as
// written, and the commit that the folder is at.
func Revision(p *plan.Plan) (store.Revision, error) {
	root := p.Files[0].Path
	var masked []plan.File
	if root != StdinPath { // what comes from nowhere cannot be read again from there
		masked = MaskedFiles(p)
		if abs, err := filepath.Abs(filepath.FromSlash(root)); err == nil {
			root = filepath.ToSlash(abs)
		}
	}
	r, err := runner.NewRevision(p, root, masked)
	r.Commit = GitCommit(filepath.Dir(filepath.FromSlash(root)))
	return r, err
}

// MaskedFiles are a plan's files without secrets: secret texts that are written out are masked, and comments are left
// out where a secret may have been put aside.
func MaskedFiles(p *plan.Plan) []plan.File {
	var secret []plan.Text
	for r, t := range p.Texts() {
		if r == nil && t.Secret() && strings.Contains(t.String(), redact.Mark) {
			secret = append(secret, t)
		}
	}
	// From the end on, so that no place moves before it is used.
	slices.SortFunc(secret, func(a, b plan.Text) int {
		if a.Pos().Line != b.Pos().Line {
			return b.Pos().Line - a.Pos().Line
		}
		return b.Pos().Column - a.Pos().Column
	})
	files := make([]plan.File, len(p.Files))
	for i, f := range p.Files {
		text := bytes.TrimPrefix(f.Text, []byte("\ufeff"))
		shown := redact.NewLines(text, plan.MaskUser)
		lines := strings.Split(string(text), "\n")
		for n := range min(len(lines), shown.Len()) {
			if line, cut := shown.WithoutComment(n + 1); cut {
				lines[n] = line
			}
		}
		for _, t := range secret {
			if at := t.Pos(); at.File == f.Path {
				lines = cutOut(lines, whole(lines, t), strconv.Quote(t.String()))
			}
		}
		files[i] = plan.File{Path: f.Path, Text: []byte(strings.Join(lines, "\n"))}
	}
	if slices.ContainsFunc(files, func(f plan.File) bool { return holdsAny(f.Text, secret) }) {
		return nil // written in a way that cannot be cut out, or a second time: nothing is better than that
	}
	return files
}

// leastSecret is from how many characters on a piece of a secret is looked for; shorter ones are in every text.
const leastSecret = 4

// holdsAny says that a piece of a secret's literal text is in the text, as it is or as a plan writes it.
func holdsAny(text []byte, secret []plan.Text) bool {
	for _, t := range secret {
		literal, err := t.Resolve(func(plan.Reference) (string, error) { return " ", nil })
		if err != nil {
			return true
		}
		if i := strings.Index(literal, "://"); i >= 0 { // an address: what stands before its user or path is shown
			literal = strings.Trim(strings.TrimPrefix(literal[i:], "://"), "/")
			if host, rest, ok := strings.Cut(literal, "/"); ok {
				literal = rest
				if at := strings.LastIndexByte(host, '@'); at >= 0 {
					literal = host[:at] + " " + rest
				}
			}
		}
		for _, piece := range strings.Fields(literal) {
			written := strings.ReplaceAll(piece, "$", "$$")
			if len(piece) >= leastSecret && (bytes.Contains(text, []byte(piece)) || bytes.Contains(text, []byte(written))) {
				return true
			}
		}
	}
	return false
}

// whole is the place of a text with all of its lines. The position of a block text (| or >) and of a text without quotes
// ends with its first line. YAML knows no escapes in these, so the end is found by comparing the lines with the text; only
// white space differs. What does not compare, such as a text in quotes, keeps its position.
func whole(lines []string, t plan.Text) plan.Pos {
	at := t.Pos()
	rest, err := t.Resolve(func(r plan.Reference) (string, error) { return r.String(), nil })
	if err != nil || at.Line < 1 || at.Line > len(lines) {
		return at
	}
	rest = strings.TrimSpace(rest)
	for n := at.Line; n <= len(lines); n++ {
		line := []rune(lines[n-1])
		from := 0
		if n == at.Line {
			from = blockFrom(line, min(max(at.Column-1, 0), len(line)))
		}
		for i := from; i < len(line); i++ {
			if unicode.IsSpace(line[i]) {
				continue
			}
			if line[i] == '$' && i+1 < len(line) && line[i+1] == '$' {
				i++ // a plan writes $$ for a dollar
			}
			var same bool
			if rest, same = strings.CutPrefix(rest, string(line[i])); !same {
				return at
			}
			if rest = strings.TrimLeftFunc(rest, unicode.IsSpace); rest == "" {
				at.EndLine, at.EndColumn = n, i+2
				return at
			}
		}
	}
	return at
}

// properties are the anchor before a text, and the header of a block text with what stands behind it.
var properties = regexp.MustCompile(`^(&\S*\s*)?([|>][-+0-9]{0,2}(\s.*)?$)?`)

// blockFrom is where the text itself begins in the first line of its position.
func blockFrom(line []rune, from int) int {
	return from + utf8.RuneCountInString(properties.FindString(string(line[from:])))
}

// cutOut puts a text in the place of another. What cannot be placed takes the whole of its lines; a place outside of the text takes
// all of it. It rather loses text than keeps a secret.
func cutOut(lines []string, at plan.Pos, with string) []string {
	first, last := at.Line-1, max(at.EndLine, at.Line)-1
	if first < 0 || last >= len(lines) {
		return nil
	}
	head, tail := []rune(lines[first]), []rune(lines[last])
	from, until := min(max(at.Column-1, 0), len(head)), min(max(at.EndColumn-1, 0), len(tail))
	if first == last && until < from {
		until = len(tail)
	}
	whole := string(head[:from]) + with + string(tail[until:])
	return slices.Replace(slices.Clone(lines), first, last+1, whole)
}
