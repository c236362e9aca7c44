package plan

import "fmt"

func init() { registerDocumented("acquire-region-matches-storage", checkRegions) }

// checkRegions passes over storage whose place is not known from its region.
func checkRegions(c *checker) {
	c.reportValues("region", func(s *Settings) (string, string) {
		if s.Region == "" || s.Storage == nil || s.Storage.Region.Area == "" || s.Storage.Region.Area == s.Region {
			return "", ""
		}
		return fmt.Sprintf("region is %s, and the storage %s lies in %s (%s)", s.Region, s.Storage.Name, s.Storage.Region.Area, regionName(s.Storage.Region.Name)),
			fmt.Sprintf("record in %s, or store in a bucket of %s", s.Storage.Region.Area, s.Region)
	})
}
