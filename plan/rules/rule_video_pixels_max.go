package rules

import (
	"fmt"

	"rundown/agora/catalog"
	"rundown/plan"
)

func checkPixels(c *checker) {
	_, most := catalog.Bound("video-pixels-max")
	c.reportValues([]string{"video"}, func(s *plan.Settings) (string, plan.Tip) {
		pixels := int64(s.Video.Pixels())
		if pixels <= *most {
			return "", plan.Tip{}
		}
		return fmt.Sprintf("%dx%d is %d pixels; at most %d are allowed, as in 1920x1080", s.Video.Width, s.Video.Height, pixels, *most), plan.Tip{Text: "write video: 1080p", With: "1080p"}
	})
}
