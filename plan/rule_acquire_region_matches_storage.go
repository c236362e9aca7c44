package plan

import "fmt"

func init() { registerDocumented("acquire-region-matches-storage", checkRegions) }

// checkRegions passes over storage whose place is not known from its region.
func checkRegions(c *checker) {
	c.eachSettings(func(r *Recording, s *Settings) {
		if s.Region == "" || s.Storage == nil || s.Storage.Region.Area == "" || s.Storage.Region.Area == s.Region {
			return
		}
		c.report(r.keyPos(s, "region"), fmt.Sprintf("region is %s, and the storage %s of recording %s lies in %s (%s)",
			s.Region, s.Storage.Name, r.ID, s.Storage.Region.Area, regionName(s.Storage.Region.Name)),
			fmt.Sprintf("record in %s, or store in a bucket of %s", s.Storage.Region.Area, s.Region))
	})
}
