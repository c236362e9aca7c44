package rules

import (
	"fmt"

	"rundown/agora/catalog"
	"rundown/plan"
)

// checkRegions skips storages whose area is not known from their region.
func checkRegions(c *checker) {
	c.reportValues([]string{"region"}, func(s *plan.Settings) (string, plan.Hint) {
		if s.Region == "" || s.Storage == nil || s.Storage.Region.Area == "" || s.Storage.Region.Area == s.Region {
			return "", plan.Hint{}
		}
		if s.Storage.Region.Area == catalog.RegionNone {
			return fmt.Sprintf("region is %s, and the storage %s is outside all areas of recording servers (%s)", s.Region, s.Storage.Name, plan.RegionName(s.Storage.Region.Name)),
				plan.NewHint(fmt.Sprintf("leave region out, or store in a bucket of %s", s.Region))
		}
		return fmt.Sprintf("region is %s, and the storage %s is in %s (%s)", s.Region, s.Storage.Name, s.Storage.Region.Area, plan.RegionName(s.Storage.Region.Name)),
			plan.NewHint(fmt.Sprintf("record in %s, or store in a bucket of %s", s.Storage.Region.Area, s.Region))
	})
}
