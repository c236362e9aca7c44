package plan

import (
	"fmt"

	"rundown/agora"
)

// checkSmallSides leaves alone what is out of bounds, which is another rule's.
func checkSmallSides(c *checker) {
	least, _ := agora.Bound("video-side-small-without-mobile")
	bounds := restrictionOf("video-side-range")
	c.reportValues([]string{"video", "mobile"}, func(s *Settings) (string, tip) {
		side := int64(min(s.Video.Width, s.Video.Height))
		if side >= *least || s.Mobile != nil && *s.Mobile || !bounds.allowsInt(side) {
			return "", tip{}
		}
		return fmt.Sprintf("%dx%d has a side below %d pixels, which came with mobile: true", s.Video.Width, s.Video.Height, *least),
			tip{text: "write video: 480p, or mobile: true for a page as a phone shows it", with: "480p"}
	})
}
