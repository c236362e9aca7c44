package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"rundown/agora"
)

// Faults is a script of faults.
type Faults struct {
	Seed     uint64         `json:"seed" yaml:"seed"` // of the draws that Rate asks for
	Requests []RequestFault `json:"requests" yaml:"requests"`
	Sessions []SessionFault `json:"sessions" yaml:"sessions"`
	Notices  []NoticeFault  `json:"notices,omitempty" yaml:"notices"`
}

// RequestFault is a fault of the requests that match. Endpoint, Host and Cname match everything when empty or *; in
// Host and Cname a * stands for any run of characters. Requests that the gateway refuses (no route, 401, 429) match
// nothing. Every fault counts its own matches; of the faults that are due, the first one in the script acts.
//
// With PerCname a fault counts and draws for each endpoint and cname separately: two clients that record the same
// classes meet the same faults, in whatever order they send requests.
//
// Without Drop and Status the request is handled when it arrives, and the answer comes late by Delay.
type RequestFault struct {
	Endpoint string   `json:"endpoint" yaml:"endpoint"` // acquire, start, query, update or stop
	Host     string   `json:"host" yaml:"host"`         // of the request, its port included or not
	Cname    string   `json:"cname" yaml:"cname"`       // of the body; for query of the session
	Rate     *float64 `json:"rate" yaml:"rate"`         // share of the matching requests, 0 to 1, default 1
	PerCname bool     `json:"per_cname,omitempty" yaml:"per_cname"`
	Skip     int      `json:"skip" yaml:"skip"`     // matches to let pass first
	Times    int      `json:"times" yaml:"times"`   // matches, after those, in which to act; 0: no end
	Delay    Duration `json:"delay" yaml:"delay"`   // before the answer, or the drop
	Drop     string   `json:"drop" yaml:"drop"`     // close the connection: before or after the effect
	Status   int      `json:"status" yaml:"status"` // answer this, 200 to 599, instead of handling the request
	Code     int      `json:"code" yaml:"code"`     // 0: the gateway's {"message"} with Reason
	Reason   string   `json:"reason" yaml:"reason"` // default: the status in words

	// Body is sent as it is with Status, instead of the service's JSON: what a proxy, a firewall or a login page
	// between client and service answers. "" is an empty body.
	Body *string `json:"body,omitempty" yaml:"body"`
	// Headers are added to the answer of Status, such as Content-Type, Location or Retry-After.
	Headers map[string]string `json:"headers,omitempty" yaml:"headers"`
}

const (
	dropBefore = "before"
	dropAfter  = "after"
)

// SessionFault happens to sessions whose cname matches (as in [RequestFault]), After their start; to a session that
// is already older when the script is set, at that moment.
type SessionFault struct {
	Cname   string   `json:"cname" yaml:"cname"`
	After   Duration `json:"after" yaml:"after"`
	Stop    string   `json:"stop" yaml:"stop"`         // ends it, with this message of event 71
	GoneFor Duration `json:"gone_for" yaml:"gone_for"` // a window of 404, in which it runs on
}

// stopCodes are the messages of event 71 with their codes.
var stopCodes = map[string]int{
	"ok":                  0,
	reasonMaxHour:         1,
	"capability_limit":    2,
	"start_engine_failed": 3,
	"page_load_timeout":   4,
	"access_url_failed":   5,
	"recorder_error":      6,
}

// Duration is a time.Duration that is written as text: 2s, 1m30s.
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes the duration as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration with its unit.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration: write a number with its unit, such as 2s or 1m30s", text)
	}
	*d = Duration(v)
	return nil
}

// SetFaults replaces the scripted faults; counts of matches begin again. Effects of the old faults stay.
func (s *Simulator) SetFaults(f Faults) error {
	if err := f.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	now := s.now()
	s.endAllDue(now)
	s.script = newScript(f, now)
	s.mu.Unlock()
	s.wake()
	return nil
}

// Validate says what is wrong with a script, with the entry and its key.
func (f Faults) Validate() error {
	for i, r := range f.Requests {
		if err := r.validate(); err != nil {
			return fmt.Errorf("faults: requests[%d].%w", i, err)
		}
	}
	for i, n := range f.Notices {
		if err := n.validate(); err != nil {
			return fmt.Errorf("faults: notices[%d].%w", i, err)
		}
	}
	for i, x := range f.Sessions {
		if err := x.validate(); err != nil {
			return fmt.Errorf("faults: sessions[%d].%w", i, err)
		}
	}
	return nil
}

// validate names the key first, for [Faults.Validate].
func (f RequestFault) validate() error {
	ops := []string{"", "*", string(agora.OpAcquire), string(agora.OpStart), string(agora.OpQuery), string(agora.OpUpdate), string(agora.OpStop)}
	switch {
	case !slices.Contains(ops, f.Endpoint):
		return fmt.Errorf("endpoint: %q is not an endpoint: choose acquire, start, query, update, stop or *", f.Endpoint)
	case f.Rate != nil && !(*f.Rate >= 0 && *f.Rate <= 1):
		return fmt.Errorf("rate: %v is not between 0 and 1", *f.Rate)
	case f.Skip < 0:
		return fmt.Errorf("skip: %d is negative", f.Skip)
	case f.Times < 0:
		return fmt.Errorf("times: %d is negative: 0 means no end", f.Times)
	case f.Delay < 0:
		return fmt.Errorf("delay: %s is negative", f.Delay)
	case f.Drop != "" && f.Drop != dropBefore && f.Drop != dropAfter:
		return fmt.Errorf("drop: %q is neither before nor after", f.Drop)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status: %d is not a final HTTP status: choose 200 to 599", f.Status)
	case f.Code < 0:
		return fmt.Errorf("code: %d is negative", f.Code)
	case f.Status == 0 && f.Code != 0:
		return errors.New("code: needs a status beside it")
	case f.Status == 0 && f.Reason != "":
		return errors.New("reason: needs a status beside it")
	case f.Status == 0 && f.Body != nil:
		return errors.New("body: needs a status beside it")
	case f.Body != nil && (f.Code != 0 || f.Reason != ""):
		return errors.New("body: stands for the whole answer: leave out code and reason")
	case f.Status == 0 && len(f.Headers) > 0:
		return errors.New("headers: need a status beside them")
	case f.Delay == 0 && f.Drop == "" && f.Status == 0:
		return errors.New("delay: the fault does nothing: give a delay, a drop or a status")
	}
	return validateHeaders(f.Headers)
}

// headerName matches the names of headers that a fault may set.
var headerName = regexp.MustCompile(`^[0-9A-Za-z-]+$`)

// validateHeaders refuses headers that net/http would drop or change.
func validateHeaders(headers map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		switch {
		case !headerName.MatchString(name):
			return fmt.Errorf("headers: %q is not a header name", name)
		case strings.ContainsFunc(headers[name], unicode.IsControl):
			return fmt.Errorf("headers: the value of %s has a character that a header cannot hold", name)
		}
	}
	return nil
}

func (f SessionFault) validate() error {
	switch _, known := stopCodes[f.Stop]; {
	case f.After < 0:
		return fmt.Errorf("after: %s is negative", f.After)
	case f.GoneFor < 0:
		return fmt.Errorf("gone_for: %s is negative", f.GoneFor)
	case f.Stop != "" && !known:
		return fmt.Errorf("stop: %q is not a message of event 71: choose ok, max_recording_hour, capability_limit, start_engine_failed, page_load_timeout, access_url_failed or recorder_error", f.Stop)
	case f.Stop == "" && f.GoneFor == 0:
		return errors.New("stop: the fault does nothing: give a stop or a gone_for")
	}
	return nil
}

// script is a set of faults in use. The simulator's lock guards it.
type script struct {
	Faults
	since         time.Time        // when it was set
	matches       []map[string]int // so far, by request fault and what it counts apart
	noticeMatches []int            // matches so far, by notice fault
	sent          map[sentOnce]bool
}

// newScript copies the faults and begins to count.
func newScript(f Faults, now time.Time) script {
	f.Requests, f.Sessions, f.Notices = slices.Clone(f.Requests), slices.Clone(f.Sessions), slices.Clone(f.Notices)
	s := script{Faults: f, since: now, matches: make([]map[string]int, len(f.Requests)), noticeMatches: make([]int, len(f.Notices)), sent: map[sentOnce]bool{}}
	for i := range s.matches {
		s.matches[i] = map[string]int{}
	}
	return s
}

// match counts a request in every fault that matches, and gives the fault that acts; nil for none.
func (s *script) match(c *call) *RequestFault {
	var first *RequestFault
	for i := range s.Requests {
		f := &s.Requests[i]
		if !f.matches(c) {
			continue
		}
		apart := f.countKey(c)
		n := s.matches[i][apart]
		s.matches[i][apart]++
		if first == nil && f.due(n) && s.draw(i, apart, n) {
			first = f
		}
	}
	return first
}

// matches says whether a request is one of those that the fault is about, whether it is due or not.
func (f *RequestFault) matches(c *call) bool {
	if f.Endpoint != "" && f.Endpoint != "*" && f.Endpoint != string(c.route.op) {
		return false
	}
	host := c.request.Host
	if host == "" {
		host = c.request.URL.Host
	}
	bare := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		bare = h
	}
	return (matches(f.Host, host) || matches(f.Host, bare)) && matches(f.Cname, c.cname)
}

// due says whether the fault acts in its n-th match, from 0.
func (f *RequestFault) due(n int) bool {
	return n >= f.Skip && (f.Times == 0 || n-f.Skip < f.Times)
}

// countKey names the requests that are counted together with this one; "" for all.
func (f *RequestFault) countKey(c *call) string {
	if !f.PerCname {
		return ""
	}
	return string(c.route.op) + " " + c.cname
}

// draw decides for the n-th match of the i-th fault. The result depends only on these, on the count key and the seed,
// so that a script does the same to the same requests whatever happens between them.
func (s *script) draw(i int, apart string, n int) bool {
	rate := s.Requests[i].Rate
	if rate == nil {
		return true
	}
	stream := uint64(i)<<40 | uint64(n)
	if apart != "" {
		h := fnv.New64a()
		h.Write([]byte(apart))
		stream ^= h.Sum64()
	}
	return rand.New(rand.NewPCG(s.Seed, stream)).Float64() < *rate
}

// reply is the answer in place of the service's.
func (f *RequestFault) reply() reply {
	answer := reply{status: f.Status, raw: f.Body}
	if f.Body == nil {
		if reason := cmp.Or(f.Reason, http.StatusText(f.Status)); f.Code == 0 {
			answer = gateway(f.Status, reason)
		} else {
			answer = refusal(f.Status, f.Code, "%s", reason)
		}
	}
	answer.header = f.Headers
	return answer
}

// matches compares a text with a pattern in which * stands for any run of characters; an empty pattern matches
// everything.
func matches(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for _, middle := range parts[1 : len(parts)-1] {
		i := strings.Index(text, middle)
		if i < 0 {
			return false
		}
		text = text[i+len(middle):]
	}
	return strings.HasSuffix(text, last)
}

// due is the instant at which a session fault befalls a session.
func (s *script) due(f SessionFault, started time.Time) time.Time {
	at := started.Add(time.Duration(f.After))
	if at.Before(s.since) {
		return s.since
	}
	return at
}

// stopOf is the first scripted end of a session; ok is false where there is none.
func (s *script) stopOf(x *session) (at time.Time, reason string, ok bool) {
	for _, f := range s.Sessions {
		if f.Stop == "" || !matches(f.Cname, x.cname) {
			continue
		}
		if due := s.due(f, x.startedAt); !ok || due.Before(at) {
			at, reason, ok = due, f.Stop, true
		}
	}
	return at, reason, ok
}

// gone says whether a session is in a scripted period of 404.
func (s *script) gone(x *session, now time.Time) bool {
	for _, f := range s.Sessions {
		if f.GoneFor == 0 || !matches(f.Cname, x.cname) {
			continue
		}
		from := s.due(f, x.startedAt)
		if !now.Before(from) && now.Before(from.Add(time.Duration(f.GoneFor))) {
			return true
		}
	}
	return false
}
