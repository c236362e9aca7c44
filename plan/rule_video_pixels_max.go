package plan

import (
	"fmt"

	"rundown/agora"
)

func init() { registerDocumented("video-pixels-max", checkPixels) }

func checkPixels(c *checker) {
	_, most := agora.Bound("video-pixels-max")
	c.eachSettings(func(r *Recording, s *Settings) {
		if pixels := int64(s.Video.Width) * int64(s.Video.Height); pixels > *most {
			c.report(r.keyPos(s, "video"), fmt.Sprintf("%dx%d is %d pixels; at most %d are allowed, as in 1920x1080", s.Video.Width, s.Video.Height, pixels, *most), "write video: 1080p")
		}
	})
}
