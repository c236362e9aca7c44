//go:build mixed

package cli

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store/pgtest"
)

// TestTwoVersionsSideBySide has two daemons of an earlier version, the program $RUNDOWN_OLD, work on the schema of this one,
// upgrades them one after the other while classes begin each half minute, and goes back again: make mixed-binaries OLD=commit
func TestTwoVersionsSideBySide(t *testing.T) {
	old := os.Getenv("RUNDOWN_OLD")
	if old == "" {
		t.Fatal("RUNDOWN_OLD names no program")
	}
	x := newTrial(t, pgtest.Shared(t), setup{nodes: 2, program: old})
	const every = 30 * time.Second
	first := time.Now().UTC().Truncate(time.Second).Add(paceNow().of(trialNotice))
	var classes []trialClass
	for bell := range 8 {
		for app := range x.apps {
			for i := range 4 {
				classes = append(classes, trialClass{fmt.Sprintf("a%d-%d-%d", app, bell, i), app, first.Add(time.Duration(bell) * every), trialLength + every})
			}
		}
	}
	x.give(classes)
	a, b := x.daemons[0], x.daemons[1]
	join := func(program string) *trialNode {
		x.program = program
		n := x.join()
		t.Logf("%v from the first bell: joined, program %q", time.Since(first).Round(time.Second), program)
		return n
	}
	at := func(bell int) { time.Sleep(time.Until(first.Add(time.Duration(bell)*every - 15*time.Second))) } // the upgrade's own pace
	at(1)
	c := join("")
	at(2)
	a.end(syscall.SIGTERM)
	d := join("")
	at(3)
	b.end(syscall.SIGKILL)
	at(4)
	e := join(old) // back to the version before, on the newer schema
	at(5)
	c.end(syscall.SIGTERM)
	at(6)
	d.end(syscall.SIGKILL)
	sum := x.judge()
	e.end(syscall.SIGTERM)
	t.Logf("%d classes, %d lost, %d not by the bell, %d twice at once, %d left running, %d answers 429", sum.classes, sum.lost, sum.late, sum.doubled, sum.running, sum.refused)
}
