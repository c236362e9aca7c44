package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestAClassTakesFewBytesInTheStore holds what README says of --keep: a class takes that much with its session and
// its events, all pages of the file counted.
func TestAClassTakesFewBytesInTheStore(t *testing.T) {
	t.Parallel()
	const most = 12 << 10
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		text := strings.Split(school("")["school.yaml"], "  german:")[0]
		classes := 0
		for i := range 8 {
			text += fmt.Sprintf("  room-%d: {only: autumn, when: [Mon-Fri 09:%02d-09:50, Mon-Fri 11:00-11:50]}\n", i, i)
			classes += 10
		}
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, files{"school.yaml": text}, "school.yaml"))
		until(monday.Add(4*24*time.Hour + 6*time.Hour)) // Friday
		h.shut(e)
		if n := len(h.outcomes()); n != classes {
			t.Fatalf("%d classes were recorded", n)
		}
		info, err := os.Stat(filepath.Join(h.dir, "rundown.db"))
		if err != nil {
			t.Fatal(err)
		}
		each := info.Size() / int64(classes)
		t.Logf("%d bytes a class", each)
		if each > most {
			t.Errorf("a class takes %d bytes, README says at most %d", each, most)
		}
	})
}
