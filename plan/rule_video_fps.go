package plan

import (
	"fmt"
	"strconv"
	"strings"

	"rundown/agora"
)

// checkStreamFPS is about what the service supports, which is less than what videoFps takes. It leaves alone what is
// out of bounds, which is another rule's.
func checkStreamFPS(c *checker) {
	_, most := agora.Bound("stream-fps-cap")
	bounds := restrictionOf("video-fps-range")
	c.reportValues([]string{"video"}, func(s *Settings) (string, tip) {
		if fps := int64(s.Video.FPS); fps <= *most || !bounds.allowsInt(fps) {
			return "", tip{}
		}
		return fmt.Sprintf("%d frames a second are more than the %d that are supported", s.Video.FPS, *most), number("fps", s.Video.FPS, strconv.FormatInt(*most, 10))
	})
}

// checkListedFPS leaves alone what is out of bounds, which is another rule's.
func checkListedFPS(c *checker) {
	listed, bounds := restrictionOf("video-fps-listed-values"), restrictionOf("video-fps-range")
	c.reportValues([]string{"video"}, func(s *Settings) (string, tip) {
		fps := int64(s.Video.FPS)
		if fps == 0 || !bounds.allowsInt(fps) || listed.allowsInt(fps) {
			return "", tip{}
		}
		return fmt.Sprintf("%d frames a second are none of %s, for which profiles are listed; the service may take 15 instead", fps, strings.Join(listed.values, ", ")),
			number("fps", fps, usableFPS().nearest(fps))
	})
}
