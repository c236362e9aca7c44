package plan

import (
	"fmt"
	"slices"
	"strings"

	"rundown/agora"
)

func init() {
	registerDocumented("stream-fps-cap", checkStreamFPS)
	registerDocumented("video-fps-listed-values", checkListedFPS)
}

// checkStreamFPS is about what the service supports, which is less than what videoFps takes. It leaves alone what is
// out of bounds, which is another rule's.
func checkStreamFPS(c *checker) {
	_, most := agora.Bound("stream-fps-cap")
	bounds := restrictionOf("video-fps-range")
	c.reportValues([]string{"video"}, func(s *Settings) (string, string) {
		if fps := int64(s.Video.FPS); fps <= *most || !bounds.allowsInt(fps) {
			return "", ""
		}
		return fmt.Sprintf("%d frames a second are more than the %d that are supported", s.Video.FPS, *most), fmt.Sprintf("write fps: %d", *most)
	})
}

// checkListedFPS leaves alone what is out of bounds, which is another rule's.
func checkListedFPS(c *checker) {
	listed, bounds := restrictionOf("video-fps-listed-values"), restrictionOf("video-fps-range")
	// Of the listed values some are below what videoFps takes.
	listed.values = slices.DeleteFunc(slices.Clone(listed.values), func(v string) bool { return len(v) == 1 && v[0]-'0' < byte(bounds.lo) })
	c.reportValues([]string{"video"}, func(s *Settings) (string, string) {
		fps := int64(s.Video.FPS)
		if fps == 0 || !bounds.allowsInt(fps) || listed.allowsInt(fps) {
			return "", ""
		}
		return fmt.Sprintf("%d frames a second are none of %s, for which profiles are listed; the service may take 15 instead", fps, strings.Join(listed.values, ", ")),
			"write fps: " + listed.nearest(fps)
	})
}
