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
		return fmt.Sprintf("fps is %d, and at most %d are supported", s.Video.FPS, *most), c.fpsHint(s, strconv.FormatInt(*most, 10))
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
			c.fpsHint(s, plan.UsableFPS().Nearest(fps))
	})
}

// fpsHint is the hint to write another frame rate, in the way in which the plan writes it: fps: 25, or video: 720p25.
func (c *checker) fpsHint(s *plan.Settings, instead string) plan.Hint {
	hint := plan.NumberHint("fps", s.Video.FPS, instead)
	at, given := s.From.Of("video")
	if src := c.source(at.File); given && src != nil {
		from, to := src.Offset(at.Line, at.Column), src.Offset(at.EndLine, at.EndColumn)
		if name, ok := strings.CutSuffix(strings.Trim(string(src.Text[from:max(from, to)]), `"'`), "p"+hint.Part); ok {
			hint.Text = "write video: " + name + "p" + instead
		}
	}
	return hint
}
