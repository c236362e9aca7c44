package planfile

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// commitForm is a commit by SHA-1 or by SHA-256.
var commitForm = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// maxRefs bounds what is read of git's own files.
const maxRefs = 4 << 20 // bytes

// GitCommit is the commit that is checked out where the folder is; "" where there is none or it cannot be told. Git's
// files are read as https://git-scm.com/docs/gitrepository-layout describes them; git itself is not needed.
func GitCommit(folder string) string {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return ""
	}
	for {
		if found := gitFolder(filepath.Join(folder, ".git")); found != "" {
			return headOf(found)
		}
		up := filepath.Dir(folder)
		if up == folder {
			return ""
		}
		folder = up
	}
}

// gitFolder is the repository's folder that .git is or names; "" for none.
func gitFolder(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	if info.IsDir() {
		return path
	}
	named, ok := strings.CutPrefix(readSmall(path), "gitdir: ")
	if !ok {
		return ""
	}
	if !filepath.IsAbs(named) {
		named = filepath.Join(filepath.Dir(path), named)
	}
	return named
}

// headOf follows HEAD of a repository: to a commit, or by a reference, which is a file of its own or a line of packed-refs.
func headOf(folder string) string {
	head := readSmall(filepath.Join(folder, "HEAD"))
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return commitText(head)
	}
	if strings.Contains(ref, "..") {
		return ""
	}
	folders := []string{folder}
	if common := readSmall(filepath.Join(folder, "commondir")); common != "" { // a worktree's references are with the others
		if !filepath.IsAbs(common) {
			common = filepath.Join(folder, common)
		}
		folders = append(folders, common)
	}
	for _, f := range folders {
		if c := commitText(readSmall(filepath.Join(f, filepath.FromSlash(ref)))); c != "" {
			return c
		}
	}
	for _, f := range folders {
		for line := range strings.Lines(readSmall(filepath.Join(f, "packed-refs"))) {
			if c, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == ref {
				return commitText(c)
			}
		}
	}
	return ""
}

// commitText is the text where it is a commit, else "".
func commitText(s string) string {
	if commitForm.MatchString(s) {
		return s
	}
	return ""
}

// readSmall reads one of git's own files; "" where it cannot be read, since a plan is applied without its commit, too.
func readSmall(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := ReadBounded(f, maxRefs)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
