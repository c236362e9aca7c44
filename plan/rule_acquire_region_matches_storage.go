package plan

import "fmt"

func init() { registerDocumented("acquire-region-matches-storage", checkRegions) }

// checkRegions passes over storage whose place is not known from its region. A region that many recordings inherit is
// reported once for each storage that it does not match, for the first of them.
func checkRegions(c *checker) {
	type pair struct {
		pos     Pos
		storage *Storage
	}
	reported := map[pair]bool{}
	c.eachSettings(func(r *Recording, s *Settings) {
		if s.Region == "" || s.Storage == nil || s.Storage.Region.Area == "" || s.Storage.Region.Area == s.Region {
			return
		}
		key := pair{r.keyPos(s, "region"), s.Storage}
		if reported[key] {
			return
		}
		reported[key] = true
		c.report(key.pos, fmt.Sprintf("region is %s, and the storage %s of recording %s lies in %s (%s)",
			s.Region, s.Storage.Name, r.ID, s.Storage.Region.Area, regionName(s.Storage.Region.Name)),
			fmt.Sprintf("record in %s, or store in a bucket of %s", s.Storage.Region.Area, s.Region))
	})
}
