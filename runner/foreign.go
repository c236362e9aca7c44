package runner

import (
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
)

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

// takeForeign keeps a foreign answer with its session. An answer of the service closes what is open for such requests.
func (d *decision) takeForeign(x *Session, op agora.Op, a Answer) {
	switch {
	case a.notAuthorized(): // that is the account's matter, whoever says it
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

// closeForeign notes that the service itself answered a request. A session follows another in its lane, so that closes
// what the sessions before it met.
func (d *decision) closeForeign(x *Session, op agora.Op) {
	for i := range d.s.Sessions {
		y := &d.s.Sessions[i]
		for j := range y.Foreign {
			if y.Lane == x.Lane && y.Foreign[j].Op == op {
				y.Foreign[j].Open = false
			}
		}
	}
}

// startForeign handles a start that something else than the service answered. A refusal is no fault of the resource id:
// it is asked again with it as long as it lives. After a failure another one is tried, as documented for 50x. Neither
// counts as a failed attempt, so that the class is tried as long as it lasts. In either case the start is in doubt: it
// may have been passed on all the same, and the next session probes for that with the same uid.
func (d *decision) startForeign(x *Session, a Answer) {
	x.Refused = (x.Refused || !x.Doubt) && a.verdict() == agora.VerdictBlocked
	x.Doubt = true
	waits := catalog.StartWaits()
	switch {
	case a.Class == agora.Wait:
		waits = foreignWaits
	case a.Class == agora.Unknown:
		waits = catalog.Waits{Steps: catalog.DomainWaits()}
	}
	if d.again(x, waits, d.now, a.RetryAfter) {
		return
	}
	d.enter(x, SessionFailed)
	x.Next = time.Time{}
	l := &d.s.Lanes[x.Lane]
	l.Foreign++
	l.RetryAt = d.now.Add(sessionWaits[min(l.Failures+l.Foreign, len(sessionWaits))-1])
}

// foreignStory tells of all foreign answers to an occurrence's requests, for the outcome.
func (s *State) foreignStory() (out []string) {
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

// foreignOpen is what an occurrence waits for now because something else than the service answers; false: nothing.
func (s *State) foreignOpen() (Foreign, bool) {
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
			if f.Open && wanted && s.Phase != Over && f.Last.After(last.Last) {
				last = f
			}
		}
	}
	return last, last.Open
}

// foreignKey is the kind of requests that something else than the service answers.
type foreignKey struct {
	app string
	op  agora.Op
}

// foreignIssue is what such requests of an occurrence meet.
type foreignIssue struct {
	foreignKey
	Foreign
}

const foreignAdvice = "look at proxies, firewalls, login pages and the base URL between here and the service"

// watchForeign keeps what an occurrence waits for because something else than the service answers, and logs when that
// begins and ends for an app and a kind of requests.
func (c *conductor) watchForeign(s *State) {
	e, id := c.e, s.ID
	f, open := s.foreignOpen()
	e.mu.Lock()
	before, was := e.foreign[id]
	if !open && !was || open && was && before.Foreign == f {
		e.mu.Unlock()
		return
	}
	issue := foreignIssue{foreignKey{c.app, f.Op}, f}
	delete(e.foreign, id)
	begun := open && !e.meetsForeign(issue.foreignKey)
	if open {
		e.foreign[id] = issue
	}
	ended := was && !e.meetsForeign(before.foreignKey)
	e.mu.Unlock()
	if ended {
		c.log.Info("service answers again", "op", string(before.Op))
	}
	if begun && !(was && before.foreignKey == issue.foreignKey) {
		c.log.Error("answer is not the service's own: the request is repeated while class time is left", "occurrence", id, "reason_code", ReasonForeignAnswer,
			"op", string(f.Op), "answer", f.Text, "try", foreignAdvice)
	}
}

// meetsForeign says whether some occurrence meets such answers. The caller holds the lock.
func (e *Engine) meetsForeign(key foreignKey) bool {
	for _, issue := range e.foreign {
		if issue.foreignKey == key {
			return true
		}
	}
	return false
}

// foreignIssues tells of foreign answers, one issue for an app and a kind of requests. The caller holds the lock.
func (e *Engine) foreignIssues() (out []Issue) {
	kinds := map[foreignKey][]foreignIssue{}
	for _, issue := range e.foreign {
		kinds[issue.foreignKey] = append(kinds[issue.foreignKey], issue)
	}
	for key, issues := range kinds {
		first := slices.MinFunc(issues, func(a, b foreignIssue) int { return a.First.Compare(b.First) })
		last := slices.MaxFunc(issues, func(a, b foreignIssue) int { return a.Last.Compare(b.Last) })
		classes := "1 class"
		if n := len(issues); n > 1 {
			classes = fmt.Sprintf("%d classes", n)
		}
		out = append(out, Issue{
			ID: IssueServiceUnreachable, ReasonCode: ReasonForeignAnswer, Severity: SeverityCritical, Since: first.First,
			Blocking: key.op == agora.OpAcquire || key.op == agora.OpStart,
			Text: fmt.Sprintf("app %s: answers to %s are not the service's own since %s, for %s: %s", key.app, key.op,
				first.First.UTC().Format(time.TimeOnly+"Z07:00"), classes, last.Text),
			Advice: foreignAdvice,
		})
	}
	return out
}
