package rules

import (
	"fmt"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

// reportCnames checks the channel names that the plan sets, with placeholders replaced. judge returns what is wrong
// with one, "" for nothing, and a hint. A name that several recordings inherit is reported once, as the first of them
// has it.
func (c *checker) reportCnames(judge func(cname string) (message, hint string)) {
	var g findingGroup[plan.Pos]
	for s := range c.samples(func(s *plan.Settings) plan.Text { return s.Cname }) {
		if message, hint := judge(s.text.String()); message != "" {
			g.add(s.text.Pos(), s.r, finding{s.text.Pos(), message, plan.NewHint(hint)})
		}
	}
	g.report(c)
}

// checkCnameGiven finds a name that its labels make empty.
func checkCnameGiven(c *checker) {
	c.reportCnames(func(cname string) (string, string) {
		if cname != "" {
			return "", ""
		}
		return "cname is empty once its placeholders are replaced", "give the label a value, or remove cname: it is then derived from plan and id"
	})
}

// checkCnameLength makes the check for one of the two documented limits. Names above the larger one are left to its rule.
func checkCnameLength(id string) func(*checker) {
	return func(c *checker) {
		_, most := catalog.Bound(id)
		_, hard := catalog.Bound("cname-max-bytes")
		c.reportCnames(func(cname string) (string, string) {
			n := int64(len(cname))
			if n <= *most || id != "cname-max-bytes" && n > *hard {
				return "", ""
			}
			return fmt.Sprintf("cname %s has %d bytes; the limit is %d", plan.Quoted(cname), n, *most), "shorten it, or remove it: it is then derived from plan and id"
		})
	}
}

// cnameCharset parses the characters of the catalogue's list: ranges, names and single characters between spaces.
func cnameCharset() (allowed [128]bool) {
	for _, word := range strings.Fields(catalog.Strings("cname-charset")[0]) {
		switch {
		case word == "space":
			allowed[' '] = true
		case len(word) == 3 && word[1] == '-':
			for b := word[0]; b <= word[2]; b++ {
				allowed[b] = true
			}
		case len(word) == 1:
			allowed[word[0]] = true
		}
	}
	return allowed
}

// checkCnameCharset reports the first character of a name that the service does not take.
func checkCnameCharset(c *checker) {
	allowed := cnameCharset()
	c.reportCnames(func(cname string) (string, string) {
		for _, r := range cname {
			if r >= 128 || !allowed[r] {
				return fmt.Sprintf("cname %s contains %q; allowed are %s", plan.Quoted(cname), r, catalog.Strings("cname-charset")[0]), ""
			}
		}
		return "", ""
	})
}

// checkCnameFilename warns those who look for files by the channel name.
func checkCnameFilename(c *checker) {
	special := catalog.Strings("cname-filename-replacement")[0]
	c.reportCnames(func(cname string) (string, string) {
		named := strings.Map(func(r rune) rune {
			if strings.ContainsRune(special, r) {
				return '-'
			}
			return r
		}, cname)
		if named == cname {
			return "", ""
		}
		return fmt.Sprintf("cname %s becomes %s in file names: %s are replaced by hyphens", plan.Quoted(cname), plan.Quoted(named), special), "use no special character but the hyphen"
	})
}
