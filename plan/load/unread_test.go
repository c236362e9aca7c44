package load

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rundown/plan/plantest"
)

// TestManyDefinitionsBesideManyUnreadTexts: each definition must not be looked for in each text.
func TestManyDefinitionsBesideManyUnreadTexts(t *testing.T) {
	loadOf := func(n int) time.Duration {
		var text strings.Builder
		text.WriteString("version: 1\nname: many\ncalendars:\n")
		for i := range n {
			fmt.Fprintf(&text, "  c%d: 2031-09-01\n", i)
		}
		text.WriteString("unknown:\n")
		for i := range n {
			fmt.Fprintf(&text, "  - t%d\n", i)
		}
		files := plantest.Texts{"plan.yaml": text.String()}
		least := time.Hour
		for range 3 {
			from := time.Now()
			if _, _, err := Load(files, "plan.yaml"); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(from))
		}
		return least
	}
	few, many := loadOf(2500), loadOf(40000)
	if most := 40 * few; many > most { // in proportion it is 16 times
		t.Errorf("%s, and for 16 times the text %s", few, many)
	}
}
