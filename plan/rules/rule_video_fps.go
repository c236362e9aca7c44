package rules

import (
	"fmt"
	"strconv"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

// checkStreamFPS checks what the service supports, which is less than what the parameter videoFps takes. A value out
// of bounds is another rule's.
func checkStreamFPS(c *checker) {
	_, most := catalog.Bound("stream-fps-cap")
	bounds := plan.RestrictionOf("video-fps-range")
	c.reportValues([]string{"video"}, func(s *plan.Settings) (string, plan.Hint) {
		if fps := int64(s.Video.FPS); fps <= *most || !bounds.AllowsInt(fps) {
			return "", plan.Hint{}
		}
		return fmt.Sprintf("fps is %d, and at most %d are supported", s.Video.FPS, *most), plan.NumberHint("fps", s.Video.FPS, strconv.FormatInt(*most, 10))
	})
}

// checkListedFPS checks for a listed profile. A value out of bounds is another rule's.
func checkListedFPS(c *checker) {
	listed, bounds := plan.RestrictionOf("video-fps-listed-values"), plan.RestrictionOf("video-fps-range")
	c.reportValues([]string{"video"}, func(s *plan.Settings) (string, plan.Hint) {
		fps := int64(s.Video.FPS)
		if fps == 0 || !bounds.AllowsInt(fps) || listed.AllowsInt(fps) {
			return "", plan.Hint{}
		}
		return fmt.Sprintf("fps is %d, and profiles are listed for %s only; the service may use 15 instead", fps, strings.Join(listed.Values, ", ")),
			plan.NumberHint("fps", fps, plan.UsableFPS().Nearest(fps))
	})
}
