package plan

import (
	"fmt"

	"rundown/agora"
)

func checkPixels(c *checker) {
	_, most := agora.Bound("video-pixels-max")
	c.reportValues([]string{"video"}, func(s *Settings) (string, tip) {
		pixels := int64(s.Video.Pixels())
		if pixels <= *most {
			return "", tip{}
		}
		return fmt.Sprintf("%dx%d is %d pixels; at most %d are allowed, as in 1920x1080", s.Video.Width, s.Video.Height, pixels, *most), tip{text: "write video: 1080p", with: "1080p"}
	})
}
