package simulator

import (
	"errors"
	"fmt"
	"time"
)

// NoticeSend is a notification in addition to those of a recording. Members that it does not set are those of the
// session.
type NoticeSend struct {
	Event   int            `json:"event" yaml:"event"`
	Product int            `json:"product,omitempty" yaml:"product"` // default 3, Cloud Recording
	Service int            `json:"service,omitempty" yaml:"service"` // serviceType
	Cname   string         `json:"cname,omitempty" yaml:"cname"`
	UID     string         `json:"uid,omitempty" yaml:"uid"`
	SID     string         `json:"sid,omitempty" yaml:"sid"`
	Details map[string]any `json:"details,omitempty" yaml:"details"`
	Payload any            `json:"payload,omitempty" yaml:"payload"` // in place of the whole payload, as other products have it
}

func (f NoticeFault) validateSend() error {
	switch {
	case f.After < 0:
		return fmt.Errorf("after: %s is negative", f.After)
	case f.Event != 0 || f.Rate != nil || f.Delay != 0 || f.Copies != 0 || f.Drop:
		return errors.New("send: stands by itself, with cname and after")
	case f.Send.Event <= 0:
		return errors.New("send: event: give the number of an event")
	case f.Send.Product < 0:
		return fmt.Errorf("send: product: %d is negative", f.Send.Product)
	case f.Send.Payload != nil && (f.Send.Details != nil || f.Send.SID != "" || f.Send.Cname != "" || f.Send.UID != "" || f.Send.Service != 0):
		return errors.New("send: payload: takes the place of service, cname, uid, sid and details: give one or the other")
	}
	return nil
}

// sentOnce identifies a scripted notification of a session.
type sentOnce struct {
	fault int
	sid   string
}

// sends are the scripted notifications of a session that are due and not yet sent; from now on they count as sent.
func (s *script) sends(x *session, now time.Time) []notice {
	var out []notice
	for i, f := range s.Notices {
		at, open := s.sendAt(i, x)
		if !open || at.After(now) {
			continue
		}
		s.sent[sentOnce{i, x.sid}] = true
		m := notice{id: randomHex(16), eventType: f.Send.Event, product: f.Send.Product, raw: f.Send.Payload, payload: noticePayload{
			Cname: x.cname, UID: x.uid, SID: x.sid, Sequence: x.noticed.sequence, SendTS: at.UnixMilli(), ServiceType: f.Send.Service, Scene: "web_record", Details: f.Send.Details,
		}}
		if f.Send.SID != "" || f.Send.Cname != "" || f.Send.UID != "" {
			m.payload.SID, m.payload.Cname, m.payload.UID, m.payload.Sequence = f.Send.SID, f.Send.Cname, f.Send.UID, 0
		} else if m.raw == nil {
			x.noticed.sequence++
		}
		out = append(out, m)
	}
	return out
}

// sendAt is when a fault sends a notification of a session; false where it does not, or has already.
func (s *script) sendAt(i int, x *session) (time.Time, bool) {
	f := &s.Notices[i]
	if f.Send == nil || !matches(f.Cname, x.cname) || s.sent[sentOnce{i, x.sid}] {
		return time.Time{}, false
	}
	return later(x.startedAt.Add(time.Duration(f.After)), s.since), true
}

// nextSend is the next instant at which a notification of a session is to be sent; false for none.
func (s *script) nextSend(x *session) (next time.Time, ok bool) {
	for i := range s.Notices {
		if at, open := s.sendAt(i, x); open && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	return next, ok
}
