package rules

import (
	"fmt"

	"rundown/agora/catalog"
	"rundown/plan"
)

// checkPixels checks width times height.
func checkPixels(c *checker) {
	_, most := catalog.Bound("video-pixels-max")
	c.reportValues([]string{"video"}, func(s *plan.Settings) (string, plan.Hint) {
		pixels := int64(s.Video.Pixels())
		if pixels <= *most {
			return "", plan.Hint{}
		}
		return fmt.Sprintf("%dx%d is %d pixels; at most %d are allowed, as in 1920x1080", s.Video.Width, s.Video.Height, pixels, *most), plan.Hint{Text: "write video: 1080p", Replacement: "1080p"}
	})
}
