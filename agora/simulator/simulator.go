// Package simulator is Agora's web page recording as its documentation describes it: strict where the service is
// strict, with faults that can be scripted and a ledger of what ran when and what it cost.
//
// It is an http.Handler; [Simulator.Transport] serves it in memory, so that tests run under virtual time. Its
// parameter checks are its own and not those of the plan's rules, so that one can be held against the other.
package simulator

import (
	"log/slog"
	"net/http"
	"time"
)

// Config are the simulator's settings. The zero value works.
type Config struct {
	Now            func() time.Time // default time.Now
	QPS            int              // requests a second for each App ID, default 10; negative: unlimited
	Concurrent     int              // recordings at once for each App ID, default 50 (code 406 beyond)
	StartAfter     time.Duration    // from the start request until the page is written, default 5 s
	Faults         Faults
	Callback       string // address for notifications; "": none
	CallbackSecret string
	Logger         *slog.Logger // default: discarded
}

// Simulator is the service.
type Simulator struct{}

// New returns a simulator.
func New(cfg Config) (*Simulator, error) { panic("skeleton") }

// ServeHTTP serves the documented routes and, under /_simulator/, the ledger and the faults.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("skeleton") }

// Transport serves the simulator in memory, honouring each request's context.
func (s *Simulator) Transport() http.RoundTripper { panic("skeleton") }

// SetFaults replaces the scripted faults.
func (s *Simulator) SetFaults(f Faults) error { panic("skeleton") }

// Ledger is the account so far.
func (s *Simulator) Ledger() Ledger { panic("skeleton") }

// Close ends what the simulator started itself.
func (s *Simulator) Close() error { panic("skeleton") }

// Faults is a script of faults.
type Faults struct {
	Seed     uint64         `json:"seed" yaml:"seed"`
	Requests []RequestFault `json:"requests" yaml:"requests"`
	Sessions []SessionFault `json:"sessions" yaml:"sessions"`
}

// RequestFault is a fault of the requests that match; Endpoint, Host and Cname match all when empty or *.
type RequestFault struct {
	Endpoint string   `json:"endpoint" yaml:"endpoint"`
	Host     string   `json:"host" yaml:"host"`
	Cname    string   `json:"cname" yaml:"cname"`
	Rate     *float64 `json:"rate" yaml:"rate"`   // share of the matching requests, default 1
	Skip     int      `json:"skip" yaml:"skip"`   // matches to let pass first
	Times    int      `json:"times" yaml:"times"` // matches to hit; 0: no end
	Delay    Duration `json:"delay" yaml:"delay"`
	Drop     string   `json:"drop" yaml:"drop"` // before or after the effect
	Status   int      `json:"status" yaml:"status"`
	Code     int      `json:"code" yaml:"code"`
	Reason   string   `json:"reason" yaml:"reason"`
}

// SessionFault befalls sessions whose cname matches, After their start.
type SessionFault struct {
	Cname   string   `json:"cname" yaml:"cname"`
	After   Duration `json:"after" yaml:"after"`
	Stop    string   `json:"stop" yaml:"stop"`         // a message of event 71
	GoneFor Duration `json:"gone_for" yaml:"gone_for"` // a window of 404
}

// Duration is a time.Duration written as text: 2s, 1m30s.
type Duration time.Duration

// Ledger is what ran when and what it cost: the oracle of the tests.
type Ledger struct {
	Sessions []LedgerSession `json:"sessions"`
	Requests map[string]int  `json:"requests"` // by endpoint
	Answers  map[string]int  `json:"answers"`  // by HTTP status
}

// LedgerSession is one recording. Times are UTC with milliseconds; unknown is null.
type LedgerSession struct {
	App           string     `json:"app"`
	Cname         string     `json:"cname"`
	UID           string     `json:"uid"`
	ResourceID    string     `json:"resource_id"`
	SID           string     `json:"sid"`
	Region        string     `json:"region"`
	URL           string     `json:"url"`
	Width         int        `json:"width"`
	Height        int        `json:"height"`
	RTMPURL       string     `json:"rtmp_url"`
	StartedAt     time.Time  `json:"started_at"`
	RecordingAt   *time.Time `json:"recording_at"`
	StoppedAt     *time.Time `json:"stopped_at"`
	StopReason    string     `json:"stop_reason"` // stop, or a message of event 71
	PausedSeconds float64    `json:"paused_seconds"`
	BilledSeconds float64    `json:"billed_seconds"` // from StartedAt to the end, pauses included
}
