package rules

import (
	"fmt"

	"rundown/agora/catalog"
	"rundown/plan"
)

// checkSmallSides skips what is out of bounds, which is another rule's.
func checkSmallSides(c *checker) {
	least, _ := catalog.Bound("video-side-small-without-mobile")
	bounds := plan.RestrictionOf("video-side-range")
	c.reportValues([]string{"video", "mobile"}, func(s *plan.Settings) (string, plan.Hint) {
		side := int64(min(s.Video.Width, s.Video.Height))
		if side >= *least || s.Mobile != nil && *s.Mobile || !bounds.AllowsInt(side) {
			return "", plan.Hint{}
		}
		return fmt.Sprintf("%dx%d has a side below %d pixels, which is for mobile: true", s.Video.Width, s.Video.Height, *least),
			plan.Hint{Text: "write video: 480p, or mobile: true for a page as a phone shows it", Replacement: "480p"}
	})
}
