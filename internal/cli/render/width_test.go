package render

import (
	"strings"
	"testing"
)

// TestOnlyTheFirstLineMakesRoomForThePrefix: what stands below a long prefix has the whole width.
func TestOnlyTheFirstLineMakesRoomForThePrefix(t *testing.T) {
	var b strings.Builder
	PrintHanging(&b, 20, "a long prefix: ", "one two three four five", 2)
	if want := "a long prefix: one\n  two three four\n  five\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
