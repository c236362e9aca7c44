package render

import (
	"strings"
	"testing"

	"rundown/internal/planfile"
	"rundown/plan"
)

// TestHowEditionsDisagreeIsLeftToTheManual: people are shown that they do, and where the manual says how.
func TestHowEditionsDisagreeIsLeftToTheManual(t *testing.T) {
	f := plan.MustRule("storage-region-values").Finding(plan.Pos{File: "plan.yaml", Line: 1, Column: 1}, `"Frankfurt" is not a region of Amazon S3`, "")
	f.Message += ", in a and b"
	var b strings.Builder
	NewFindingPrinter(&b, 400, Palette{}, planfile.NewReader(nil)).PrintAll([]plan.Finding{f})
	const want = `plan.yaml:1:1: error: "Frankfurt" is not a region of Amazon S3 (editions of the documentation disagree, see rundown rules storage-region-values), in a and b [storage-region-values]` + "\n"
	if !strings.HasPrefix(b.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
