package cli

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"rundown/runner/store/pgtest"
)

// trials is how often an owner is killed in the trials below: make trials
var trials = flag.Int("trials", 0, "how often an owner is killed in the trials of several daemons on one PostgreSQL; other faults are tried less often")

// fault is a way in which the owner of an App ID ends. It gives how long it took until others owned all App IDs.
type fault struct {
	name   string
	always bool // also without -trials
	one    int  // in so many trials is of this kind, where kills are one in one
	setup  setup
	do     func(x *trial, owner *trialNode) time.Duration
}

func (f *fault) tries() int {
	if *trials == 0 {
		return 1
	}
	return (*trials + f.one - 1) / f.one
}

var faults = []fault{
	{"killed", true, 1, setup{nodes: 3}, func(x *trial, owner *trialNode) time.Duration {
		since := time.Now()
		owner.end(syscall.SIGKILL)
		return x.takenOver(owner, since)
	}},
	{"frozen for 20 s", true, 3, setup{nodes: 3}, func(x *trial, owner *trialNode) time.Duration {
		since := time.Now()
		owner.signal(syscall.SIGSTOP)
		took := x.takenOver(owner, since)
		time.Sleep(20*time.Second - time.Since(since)) // that is what is tried
		owner.signal(syscall.SIGCONT)
		return took
	}},
	{"told to end", false, 10, setup{nodes: 3}, func(x *trial, owner *trialNode) time.Duration {
		since := time.Now()
		owner.signal(syscall.SIGTERM)
		return x.takenOver(owner, since)
	}},
	{"cut off from the database", false, 10, setup{nodes: 3, proxied: theDatabase}, cutOff},
	// Here a request has to fail before anybody knows, which takes more time than a class has in hand without its usual padding.
	{"cut off from the service", true, 10, setup{nodes: 3, proxied: theService, before: 30 * time.Second}, cutOff},
}

func cutOff(x *trial, owner *trialNode) time.Duration {
	since := time.Now()
	owner.way.cut()
	return x.takenOver(owner, since)
}

func (n *trialNode) signal(sig syscall.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(sig); err != nil {
		n.t.Fatal(err)
	}
}

// TestThreeDaemonsOnPostgreSQL ends the owner of an App ID in several ways, at a random instant from a few seconds before the
// first request for a class of the bell to some seconds after the bell. Whatever the instant, each class is being written at
// its bell, but one whose start was under way (see tally). Without -trials it leaves out two of the ways, of which tests in virtual time tell as much.
func TestThreeDaemonsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	sums := map[string]*tally{}
	t.Cleanup(func() { printTally(sums) })
	for _, f := range faults {
		if !f.always && *trials == 0 {
			continue
		}
		sums[f.name] = &tally{}
		for i := range f.tries() {
			t.Run(fmt.Sprintf("%s/%d", f.name, i+1), func(t *testing.T) {
				t.Parallel()
				x := newTrial(t, pgtest.Shared(t), f.setup)
				x.ring()
				at := time.Duration(rand.Int64N(int64(30*time.Second+x.before))) - 20*time.Second - x.before
				owner := x.daemons[rand.IntN(len(x.daemons))]
				time.Sleep(time.Until(x.bell.Add(at))) // the instant of the fault is what is tried
				took := f.do(x, owner)
				t.Logf("%v from the bell: taken over after %v", at.Round(10*time.Millisecond), took)
				sum := x.judge()
				sum.took = []time.Duration{took}
				mu.Lock()
				defer mu.Unlock()
				sums[f.name].add(sum)
			})
		}
	}
}

func (t *tally) add(o tally) {
	t.classes += o.classes
	t.orphans += o.orphans
	t.lost += o.lost
	t.late += o.late
	t.doubled += o.doubled
	t.running += o.running
	t.refused += o.refused
	t.took = append(t.took, o.took...)
	slices.Sort(t.took)
}

// printTally prints what came of the trials, for make trials. A try that could not be judged is not in it.
func printTally(sums map[string]*tally) {
	if *trials == 0 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "trial\ttries\tjudged\tclasses\torphans\tlost\tnot by the bell\tdoubled\tleft running\t429\tmedian\tworst\t")
	for _, f := range faults {
		s := sums[f.name]
		if len(s.took) == 0 {
			s.took = []time.Duration{0}
			fmt.Fprintf(w, "%s\t%d\tnone\t\n", f.name, f.tries())
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%v\t%v\t\n", f.name, f.tries(), len(s.took), s.classes, s.orphans, s.lost, s.late, s.doubled, s.running, s.refused,
			s.took[len(s.took)/2], s.took[len(s.took)-1])
	}
	_ = w.Flush()
}
