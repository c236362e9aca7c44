package rules

import (
	"fmt"
	"slices"
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

// checkViewport accepts the listed viewports in both orientations.
func checkViewport(c *checker) {
	listed := catalog.Strings("mobile-viewport-size")
	c.reportValues([]string{"video", "mobile"}, func(s *plan.Settings) (string, plan.Hint) {
		w, h := s.Video.Width, s.Video.Height
		if s.Mobile == nil || !*s.Mobile || slices.Contains(listed, fmt.Sprintf("%dx%d", min(w, h), max(w, h))) {
			return "", plan.Hint{}
		}
		return fmt.Sprintf("with mobile: true, %dx%d is not a phone viewport; listed are %s", w, h, strings.Join(listed, ", ")),
			plan.NewHint("write video: " + nearestViewport(listed, w, h) + " where mobile is")
	})
}

// nearestViewport is the listed viewport whose sides differ least in sum, as plans write it.
func nearestViewport(listed []string, width, height int) string {
	best, least := "", 0
	for _, size := range listed {
		var w, h int
		if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
			continue
		}
		if d := max(w-width, width-w) + max(h-height, height-h); best == "" || d < least {
			best, least = size, d
		}
	}
	return "{width: " + strings.Replace(best, "x", ", height: ", 1) + "}"
}
