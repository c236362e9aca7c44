package runner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// trouble notes what a person should mend, by what it is about; "" once it is mended.
func (e *Engine) trouble(about, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setTrouble(about, text)
}

// setTrouble is trouble for who holds the lock, where the text belongs to other state that the lock guards.
func (e *Engine) setTrouble(about, text string) {
	if text == "" {
		delete(e.troubles, about)
		return
	}
	e.troubles[about] = about + " " + text
}

// Troubles lists what a person should mend while the engine works on: an account that is refused, a clock that is off, a
// session that may run although nothing here can stop it.
func (e *Engine) Troubles() []string {
	now := e.cfg.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.orphans, func(_ string, o orphanage) bool { return !now.Before(o.until) })
	list := append(slices.Collect(maps.Values(e.troubles)), e.foreignTroubles()...)
	for _, o := range e.orphans {
		list = append(list, o.text)
	}
	slices.Sort(list)
	return list
}

// orphanage is a session that may be running although nothing here can stop it.
type orphanage struct {
	text  string
	until time.Time // when its hours are over
}

// noteOrphans keeps the orphans among an occurrence's sessions, by their resource ids, until they are found or their
// hours are over. The caller holds the lock.
func (e *Engine) noteOrphans(s *State) {
	for i := range s.Sessions {
		x := &s.Sessions[i]
		// One that this store does not know has no resource id.
		key := cmp.Or(x.ResourceID, fmt.Sprintf("%s/%s/%d", x.Cname, x.UID, x.Attempt))
		if x.State == SessionOrphan {
			e.orphans[key] = orphanage{s.ID + ": " + x.Reason, x.deadline()}
		} else {
			delete(e.orphans, key)
		}
	}
}

// A clock that is off by mostSkew is told of, and again only after it was right within leastSkew. The service gives its
// own in whole seconds, and an answer may be slow, hence some must agree.
const (
	mostSkew   = 5 * time.Second
	leastSkew  = 3 * time.Second
	skewVoices = 3
)

// skew watches by how much the service's clock goes ahead of ours.
type skew struct {
	off    bool // told of
	voices int  // answers in a row that say otherwise
}

// heard takes in by how much it does by one answer, and says whether that changes what is to be told.
func (k *skew) heard(by time.Duration) bool {
	otherwise := !k.off && by.Abs() >= mostSkew || k.off && by.Abs() < leastSkew
	if !otherwise {
		k.voices = 0
		return false
	}
	if k.voices++; k.voices < skewVoices {
		return false
	}
	k.off, k.voices = !k.off, 0
	return true
}

// serviceClock takes in the Date of an answer.
func (e *Engine) serviceClock(date time.Time) {
	if date.IsZero() {
		return
	}
	by := date.Add(500 * time.Millisecond).Sub(e.cfg.Now()).Round(100 * time.Millisecond)
	e.mu.Lock()
	changed, off := e.skew.heard(by), e.skew.off
	e.mu.Unlock()
	switch {
	case !changed:
	case off:
		way := "behind"
		if by < 0 {
			way = "ahead of"
		}
		e.trouble("clock", by.Abs().String()+" "+way+" the service's: classes begin and end by ours; keep it by NTP")
		e.log.Warn("this machine's clock is "+way+" the service's: classes begin and end by ours; keep it by NTP", "by", by.Abs())
	default:
		e.trouble("clock", "")
		e.log.Info("this machine's clock and the service's agree again")
	}
}
