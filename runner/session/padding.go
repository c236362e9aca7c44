package session

import "fmt"

// onPaddingPreempted ends the padding after the class.
func (d *Decision) onPaddingPreempted(e PaddingPreempted) {
	s := &d.S
	if s.Phase == Ended || d.now.Before(s.End) || !d.now.Before(s.Until) {
		return
	}
	s.Preempted, s.Until = d.now, d.now
	granted := fmt.Sprintf("all %d sessions that are granted were", e.Granted)
	if e.Granted == 1 {
		granted = "the only session that is granted was"
	}
	for i := range s.Sessions {
		if x := &s.Sessions[i]; x.State.Carries() {
			x.Remark(fmt.Sprintf("its padding gave way to %s, since %s in use", e.By, granted))
		}
	}
}

// onRelieved ends a class that no plan holds any more and that another one follows.
func (d *Decision) onRelieved(e Relieved) {
	s := &d.S
	if s.Phase == Ended || !s.Absent || !s.Relieved.IsZero() {
		return
	}
	text := fmt.Sprintf("the plan no longer holds it, and %s is recorded in its place from %s on", e.By, d.Clock(d.now))
	d.note("%s", text)
	s.Relieved = d.now
	s.End, s.Until = Earlier(s.End, d.now), Earlier(s.Until, d.now)
	s.Observed.End = s.End
	for i := range s.Sessions {
		if x := &s.Sessions[i]; x.State.Carries() {
			x.Remark(text)
		}
	}
}
