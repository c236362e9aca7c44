// Package comparison holds Rundown against what people do without it: a script under cron that acquires, starts,
// sleeps and stops. Both meet the same faults; the simulator's ledger, which neither of them can write, is the account.
package comparison

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora/simulator"
	"rundown/plan/forecast"
)

// class is one lesson; its cname is its own, so that faults and sessions can be told apart by class.
type class struct {
	cname      string
	start, end time.Time
}

// tally is what a way of recording came to.
type tally struct {
	whole, cut, lost int           // classes: without a gap of a second, with one, without any recording
	muchCut          int           // classes that are cut by a minute or more
	missing          time.Duration // of all classes together
	untold           int           // classes that are cut or lost and nobody was told
	ghosts           int           // sessions that nobody ended, and maxRecordingHour did or will
	untoldGhosts     int           // of these, where nobody was told
	died             int           // sessions that ended by themselves while a class was on
	beyond           time.Duration // billed outside the classes, or twice
	billed           time.Duration
}

// dollars by the documented price of HD, without free minutes: the seconds of all recordings, rounded up once.
func (t tally) dollars() float64 {
	minutes := (t.billed + time.Minute - 1) / time.Minute
	return float64(int64(minutes)*forecast.DocumentedPrices().HD) / 1e6
}

// longest is the maxRecordingHour of all sessions here, scripts' and Rundown's: what a session that nobody ends costs.
const longest = 2 * time.Hour

// account reads the ledger after the last class. A session that still runs will until its maxRecordingHour. told says
// of a class whether somebody heard that it went wrong.
func account(classes []class, ledger []simulator.LedgerSession, told func(class) bool) tally {
	var t tally
	of := map[string][]simulator.LedgerSession{}
	ghosts := map[string]int{}
	for _, s := range ledger {
		if s.StoppedAt == nil {
			end := s.StartedAt.Add(longest)
			s.StoppedAt, s.StopReason = &end, "max_recording_hour"
		}
		if s.StopReason == "max_recording_hour" {
			ghosts[s.Cname]++
		}
		t.billed += s.StoppedAt.Sub(s.StartedAt)
		of[s.Cname] = append(of[s.Cname], s)
	}
	t.beyond = t.billed
	for _, c := range classes {
		missing, inside := uncovered(c, of[c.cname])
		for _, s := range of[c.cname] {
			if s.StopReason == "recorder_error" && s.StoppedAt.Before(c.end) {
				t.died++
			}
		}
		t.missing += missing
		t.beyond -= inside
		t.ghosts += ghosts[c.cname]
		silent := !told(c)
		if silent {
			t.untoldGhosts += ghosts[c.cname]
		}
		switch {
		case missing < time.Second:
			t.whole++
			continue
		case missing == c.end.Sub(c.start):
			t.lost++
		default:
			t.cut++
			if missing >= time.Minute {
				t.muchCut++
			}
		}
		if silent {
			t.untold++
		}
	}
	return t
}

// uncovered is how much of a class no session wrote, and for how much of it at least one was billed.
func uncovered(c class, sessions []simulator.LedgerSession) (missing, inside time.Duration) {
	written, billed := c.start, c.start // until here all is counted
	for _, s := range sessions {        // in the order of their starts
		end := earlier(*s.StoppedAt, c.end)
		if from := later(s.StartedAt, billed); from.Before(end) {
			inside += end.Sub(from)
			billed = end
		}
		if s.RecordingAt == nil {
			continue
		}
		if from := later(*s.RecordingAt, written); from.Before(end) {
			missing += from.Sub(written)
			written = end
		}
	}
	return missing + c.end.Sub(written), inside
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// way is a way of recording and what it came to.
type way struct {
	name string
	tally
}

// table puts the ways side by side.
func table(ways []way) string {
	var b strings.Builder
	row := func(name string, cell func(way) string) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, w := range ways {
			fmt.Fprintf(&b, " %s |", cell(w))
		}
		b.WriteByte('\n')
	}
	row("", func(w way) string { return w.name })
	row("---", func(way) string { return "---:" })
	count := func(name string, of func(way) int) {
		row(name, func(w way) string { return fmt.Sprint(of(w)) })
	}
	seconds := func(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }
	count("classes recorded whole", func(w way) int { return w.whole })
	count("classes cut", func(w way) int { return w.cut })
	count("… by a minute or more", func(w way) int { return w.muchCut })
	count("classes lost wholly", func(w way) int { return w.lost })
	count("seconds of class lost", func(w way) int { return seconds(w.missing) })
	count("classes cut or lost, and nobody told", func(w way) int { return w.untold })
	count("sessions left running", func(w way) int { return w.ghosts })
	count("… and nobody told", func(w way) int { return w.untoldGhosts })
	// Not in seconds: how a stop and the answer to a query that is out meet takes a second more or less.
	count("minutes billed beyond the classes", func(w way) int { return int(w.beyond.Minutes()) })
	row("US dollars", func(w way) string { return fmt.Sprintf("%.2f", w.dollars()) })
	return b.String()
}

func byStart(classes []class) {
	slices.SortFunc(classes, func(a, b class) int { return cmp.Or(a.start.Compare(b.start), cmp.Compare(a.cname, b.cname)) })
}
