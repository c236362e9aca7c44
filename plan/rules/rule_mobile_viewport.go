package rules

import (
	"fmt"
	"slices"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

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
