package session

import (
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
)

// addForeign keeps a foreign answer with its session. An answer of the service closes what is open for such requests.
func (d *Decision) addForeign(x *Session, op agora.Op, a Answer) {
	switch {
	case a.NotAuthorized(): // that is the account's matter, whoever says it
		return
	case a.Foreign:
	case a.answered():
		d.closeForeign(x, op)
		return
	default:
		return
	}
	i := slices.IndexFunc(x.Foreign, func(f Foreign) bool { return f.Op == op })
	if i < 0 {
		x.Foreign = append(x.Foreign, Foreign{Op: op, First: d.now})
		i = len(x.Foreign) - 1
	}
	f := &x.Foreign[i]
	f.Times, f.Last, f.Text, f.Open = f.Times+1, d.now, a.String(), true
}

// closeForeign notes that the service itself answered a request. A session follows another in its replica, so that closes
// what the sessions before it met.
func (d *Decision) closeForeign(x *Session, op agora.Op) {
	for i := range d.S.Sessions {
		y := &d.S.Sessions[i]
		for j := range y.Foreign {
			if y.Replica == x.Replica && y.Foreign[j].Op == op {
				y.Foreign[j].Open = false
			}
		}
	}
}

// onForeignStart handles a start that something else than the service answered. A refusal is no fault of the resource id:
// it is asked again with it as long as it lives. After a failure another one is tried, as documented for 50x. Neither
// counts as a failed attempt, so that the class is tried as long as it lasts. In either case the start is in doubt: it
// may have been passed on all the same, and the next session probes for that with the same uid.
func (d *Decision) onForeignStart(x *Session, a Answer) {
	x.OnlyBlocked = (x.OnlyBlocked || !x.StartUncertain) && a.Verdict() == agora.VerdictBlocked
	x.StartUncertain = true
	waits := catalog.StartBackoff()
	switch {
	case a.Result == agora.Wait:
		waits = foreignWaits
	case a.Result == agora.Unknown:
		waits = catalog.Backoff{Steps: catalog.DomainBackoff()}
	}
	if d.scheduleRetry(x, waits, d.now, a.RetryAfter) {
		return
	}
	d.enter(x, SessionFailed)
	x.Next = time.Time{}
	rep := &d.S.Replicas[x.Replica]
	rep.Foreign++
	rep.RetryAt = d.now.Add(sessionWaits[min(rep.Failures+rep.Foreign, len(sessionWaits))-1])
}

// foreignText tells of all foreign answers to an occurrence's requests, for the outcome.
func (s *State) foreignText() (out []string) {
	for _, op := range []agora.Op{agora.OpAcquire, agora.OpStart, agora.OpQuery, agora.OpUpdate, agora.OpStop} {
		var all Foreign
		for i := range s.Sessions {
			for _, f := range s.Sessions[i].Foreign {
				if f.Op != op {
					continue
				}
				if all.Times == 0 {
					all.First = f.First
				}
				all.Times, all.Last, all.Text = all.Times+f.Times, f.Last, f.Text
			}
		}
		const clock = "15:04:05Z07:00"
		zone := s.Start.Location()
		switch {
		case all.Times == 1:
			out = append(out, fmt.Sprintf("the answer to %s at %s was not the service's own: %s", op, all.Last.In(zone).Format(clock), all.Text))
		case all.Times > 1:
			out = append(out, fmt.Sprintf("%d answers to %s from %s to %s were not the service's own, the last one: %s",
				all.Times, op, all.First.In(zone).Format(clock), all.Last.In(zone).Format(clock), all.Text))
		}
	}
	return out
}

// ForeignOpen is what an occurrence waits for now because something else than the service answers; false: nothing.
func (s *State) ForeignOpen() (Foreign, bool) {
	var last Foreign
	for i := range s.Sessions {
		x := &s.Sessions[i]
		for _, f := range x.Foreign {
			wanted := x.State.Carries()
			switch f.Op {
			case agora.OpAcquire, agora.OpStart: // a session that failed is followed by another
				wanted = s.Phase == Starting || s.Phase == Recording
			case agora.OpStop:
				wanted = x.State == SessionStopping
			}
			if f.Open && wanted && s.Phase != Ended && f.Last.After(last.Last) {
				last = f
			}
		}
	}
	return last, last.Open
}

// Foreign is what answered one kind of request of a session in place of the service: a proxy, a firewall, a login page,
// a load balancer. Such an answer is never final.
type Foreign struct {
	Op    agora.Op  `json:"op"`
	Times int       `json:"times"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Text  string    `json:"text"`           // the last one
	Open  bool      `json:"open,omitempty"` // the service has not answered such a request since
}
