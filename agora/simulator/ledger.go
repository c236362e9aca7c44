package simulator

import (
	"encoding/json"
	"maps"
	"time"
)

// Ledger is what ran when and what it cost, which tests check programs against. Its JSON contains addresses as they
// were sent, stream keys included.
type Ledger struct {
	Sessions []LedgerSession `json:"sessions"` // in order of start
	Requests map[string]int  `json:"requests"` // by endpoint, refused and dropped ones included
	Answers  map[string]int  `json:"answers"`  // by HTTP status; a dropped connection is none
}

// LedgerSession is one recording. In JSON times are UTC with milliseconds, and what is unknown is null.
type LedgerSession struct {
	App           string     `json:"app"`
	Cname         string     `json:"cname"`
	UID           string     `json:"uid"`
	ResourceID    string     `json:"resource_id"`
	SID           string     `json:"sid"`
	Region        string     `json:"region"` // as acquire asked for it; "": not at all
	URL           string     `json:"url"`
	Width         int        `json:"width"`    // px
	Height        int        `json:"height"`   // px
	RTMPURL       string     `json:"rtmp_url"` // the CDN address now, or at the end; "": no push
	StartedAt     time.Time  `json:"started_at"`
	RecordingAt   *time.Time `json:"recording_at"`   // when it first wrote; nil: not yet, or never
	StoppedAt     *time.Time `json:"stopped_at"`     // nil: it runs
	StopReason    string     `json:"stop_reason"`    // stop, or a message of event 71; "": it runs
	PausedSeconds float64    `json:"paused_seconds"` // on hold after it could have been written
	BilledSeconds float64    `json:"billed_seconds"` // from StartedAt to the end or, while it runs, to now; pauses included
}

// ledgerTime writes times as the ledger's format has them.
type ledgerTime time.Time

func (t ledgerTime) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z07:00"), nil
}

// MarshalJSON writes times with milliseconds and null for what is unknown.
func (l LedgerSession) MarshalJSON() ([]byte, error) {
	type plain LedgerSession
	return json.Marshal(struct {
		plain
		Region      *string     `json:"region"`
		RTMPURL     *string     `json:"rtmp_url"`
		StartedAt   ledgerTime  `json:"started_at"`
		RecordingAt *ledgerTime `json:"recording_at"`
		StoppedAt   *ledgerTime `json:"stopped_at"`
		StopReason  *string     `json:"stop_reason"`
	}{
		plain(l), orNull(l.Region), orNull(l.RTMPURL), ledgerTime(l.StartedAt),
		(*ledgerTime)(l.RecordingAt), (*ledgerTime)(l.StoppedAt), orNull(l.StopReason),
	})
}

// orNull makes a text that is not known null in JSON.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Ledger is the account so far.
func (s *Simulator) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.endAllDue(now)
	l := Ledger{
		Sessions: make([]LedgerSession, 0, len(s.sessions)),
		Requests: maps.Clone(s.requests),
		Answers:  maps.Clone(s.answers),
	}
	for _, x := range s.sessions {
		l.Sessions = append(l.Sessions, x.entry(now))
	}
	return l
}

// entry is the session's line in the ledger.
func (x *session) entry(now time.Time) LedgerSession {
	l := LedgerSession{
		App: x.app, Cname: x.cname, UID: x.uid, ResourceID: x.resourceID, SID: x.sid, Region: x.region,
		URL: x.recorder.url, Width: x.recorder.width, Height: x.recorder.height, RTMPURL: x.rtmpURL,
		StartedAt:     x.startedAt,
		StopReason:    x.stopReason,
		PausedSeconds: x.paused(now).Seconds(),
		BilledSeconds: x.until(now).Sub(x.startedAt).Seconds(),
	}
	if at, ok := x.recordingAt(now); ok {
		l.RecordingAt = &at
	}
	if x.ended() {
		at := x.endedAt
		l.StoppedAt = &at
	}
	return l
}
