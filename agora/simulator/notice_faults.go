package simulator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// NoticeFault changes how notifications are sent: delayed ones arrive out of order. With Send it sends one that would
// not be sent otherwise, once for each session, After its start.
type NoticeFault struct {
	Event  int      `json:"event" yaml:"event"`   // 0: any
	Cname  string   `json:"cname" yaml:"cname"`   // as in [RequestFault]
	Rate   *float64 `json:"rate" yaml:"rate"`     // the share of matching ones, 0 to 1; default 1
	Delay  Duration `json:"delay" yaml:"delay"`   // sent so much later
	Copies int      `json:"copies" yaml:"copies"` // sent so often more, with the same noticeId
	Drop   bool     `json:"drop" yaml:"drop"`     // never sent

	After Duration    `json:"after,omitempty" yaml:"after"` // of Send
	Send  *NoticeSend `json:"send,omitempty" yaml:"send"`
}

func (f NoticeFault) validate() error {
	switch {
	case f.Send != nil:
		return f.validateSend()
	case f.After != 0:
		return errors.New("after: needs a send beside it")
	case f.Event < 0:
		return fmt.Errorf("event: %d is negative: 0 means any", f.Event)
	case f.Rate != nil && !(*f.Rate >= 0 && *f.Rate <= 1):
		return fmt.Errorf("rate: %v is not between 0 and 1", *f.Rate)
	case f.Delay < 0:
		return fmt.Errorf("delay: %s is negative", f.Delay)
	case f.Copies < 0 || f.Copies > 10:
		return fmt.Errorf("copies: %d is not between 0 and 10", f.Copies)
	case f.Delay == 0 && f.Copies == 0 && !f.Drop:
		return errors.New("delay: the fault does nothing: give a delay, copies or drop")
	}
	return nil
}

// deliveries are the copies of a notification that are sent: one, unless a fault says otherwise.
func (s *script) deliveries(x *session, m notice, now time.Time) []delivery {
	d := delivery{notice: m, due: now}
	for i, f := range s.Notices {
		if f.Send != nil || f.Event != 0 && f.Event != m.eventType || !matches(f.Cname, x.cname) {
			continue
		}
		n := s.noticeMatches[i]
		s.noticeMatches[i]++
		// The high bit keeps these draws apart from those of requests.
		if f.Rate != nil && rand.New(rand.NewPCG(s.Seed, 1<<63|uint64(i)<<40|uint64(n))).Float64() >= *f.Rate {
			continue
		}
		if f.Drop {
			return nil
		}
		out := []delivery{d}
		out[0].due = now.Add(time.Duration(f.Delay))
		for range f.Copies {
			out = append(out, out[0])
		}
		return out
	}
	return []delivery{d}
}
