package rules

import (
	"fmt"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

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
