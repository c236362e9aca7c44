package preflight

import (
	"maps"
	"time"
)

const (
	// Every is how often what was in order is looked at again, and how long a problem waits at most.
	Every = 5 * time.Minute
	// soon is how long after a problem the next look follows. Each further problem doubles that.
	soon = time.Minute
	// patience is how long a look is put off while classes begin one after the other.
	patience = 2 * Every
	// mostGood is how many looks in a row must find nothing, at most, before a problem is over.
	mostGood = 5
)

// A Problem is what a look found. The zero Problem is none.
type Problem struct {
	Text   string // the rest of a sentence about what was looked at, without addresses and keys
	Doubt  bool   // it is not certain that a recording fails for it
	Advice string // what to try; "" for the usual
}

// None says that nothing was found.
func (p Problem) None() bool { return p.Text == "" }

// Turns says when each of several things, known by a key, is looked at next, and which problem counts of each. It holds no
// clock and no address, and is for one goroutine. The zero value is ready.
//
//   - What was in order is looked at every five minutes, but not while a class begins, unless ten minutes have passed.
//   - What had a problem is looked at again after a minute, then after twice as long each time, up to five minutes, and
//     after half the time that is left to its class. That holds while a class begins, too.
//   - A problem is over once a look finds nothing. Where it came back before, it takes one look more each time.
type Turns struct {
	known map[string]*turn
}

// turn is what is known of one thing.
type turn struct {
	wanted   time.Time // since when it is to be looked at
	looked   time.Time // when it was looked at last; zero: never
	failures int       // looks in a row that found a problem
	good     int       // looks in a row that found none, while a problem counts
	returns  int       // how often a problem came back
	had      bool      // it had a problem before
	problem  Problem   // the one that counts
}

// Due says that a thing is to be looked at now. begins is the start of the class that needs it, and bell says that some class
// begins about now.
func (t *Turns) Due(key string, begins time.Time, bell bool, now time.Time) bool {
	one := t.known[key]
	if one == nil {
		if t.known == nil {
			t.known = map[string]*turn{}
		}
		one = &turn{wanted: now}
		t.known[key] = one
	}
	switch {
	case now.Before(one.looked): // the clock was set back
		return true
	case !one.problem.None():
		return now.Sub(one.looked) >= one.wait(begins)
	case one.looked.IsZero():
		return !bell || now.Sub(one.wanted) >= patience
	}
	since := now.Sub(one.looked)
	return since >= Every && (!bell || since >= patience)
}

// wait is how long after the last look the next one follows, while there is a problem.
func (o *turn) wait(begins time.Time) time.Duration {
	if o.failures == 0 { // it seems to be over
		return soon
	}
	wait := min(soon<<min(o.failures-1, 10), Every)
	return max(soon, min(wait, begins.Sub(o.looked)/2))
}

// Note remembers what a look found.
func (t *Turns) Note(key string, found Problem, now time.Time) {
	one := t.known[key]
	if one == nil { // let go of meanwhile
		return
	}
	one.looked = now
	if !found.None() {
		if one.problem.None() && one.had {
			one.returns++
		}
		one.failures, one.good, one.problem, one.had = one.failures+1, 0, found, true
		return
	}
	one.failures = 0
	if one.good++; one.good > min(one.returns, mostGood-1) {
		one.good, one.problem = 0, Problem{}
	}
}

// Problem is the problem of a thing that counts.
func (t *Turns) Problem(key string) Problem {
	if one := t.known[key]; one != nil {
		return one.problem
	}
	return Problem{}
}

// Keep forgets all things but some.
func (t *Turns) Keep(keys map[string]bool) {
	maps.DeleteFunc(t.known, func(key string, _ *turn) bool { return !keys[key] })
}
