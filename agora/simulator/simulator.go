package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"rundown/agora"
)

// Config are the simulator's settings. The zero value works.
type Config struct {
	Now            func() time.Time // default time.Now
	QPS            int              // requests a second for each App ID, default 10; negative: unlimited
	Concurrent     int              // recordings at once for each App ID, default 50 (code 406 beyond); negative: unlimited
	StartAfter     time.Duration    // from the start request until the page is written, default 5 s; negative: at once
	Faults         Faults
	Callback       string // http or https address for notifications; "": none
	CallbackSecret string // key of the notifications' signatures
	// ControlToken admits callers of the endpoints under /_simulator/; "": only those on this machine.
	ControlToken string
	Logger       *slog.Logger // default: discarded; gets neither bodies nor addresses

	// UploadDelay is how long the files take after the end, default 500 ms; negative: no time. A synchronous stop
	// answers after it.
	UploadDelay time.Duration
	// SliceTimes is the unit of sliceStartTime in answers to query and stop: "s" (default, as in the editions since
	// 2024) or "ms" (as in the one of 2022).
	SliceTimes string
	// RetryAfter adds a Retry-After header, in whole seconds, to 429. The documentation knows none.
	RetryAfter bool
	// SIDInAlreadyStarted puts the sid into the body of 201/7. The documentation leaves open whether it is there.
	SIDInAlreadyStarted bool
	// Strict refuses what only the current documentation's letter forbids and the service evidently takes: see the
	// package's documentation. Clients that are to follow the documentation are tested with it.
	Strict bool
	// CallbackTransport carries the notifications; default: one of the simulator's own over the network.
	CallbackTransport http.RoundTripper
}

// Units of sliceStartTime, for [Config.SliceTimes].
const (
	SliceSeconds      = "s"
	SliceMilliseconds = "ms"
)

// The defaults of [Config]: the documented request rate, the smaller documented number of recordings, the documented time to the first
// picture, and an upload that is assumed.
const (
	defaultQPS         = 10
	defaultConcurrent  = 50
	defaultStartAfter  = 5 * time.Second
	defaultUploadDelay = 500 * time.Millisecond

	bodyLimit = 1 << 20 // bytes of a request; the largest documented one is a few kilobytes
)

// withDefaults fills what is not set.
func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.QPS = cmp.Or(c.QPS, defaultQPS)
	c.Concurrent = cmp.Or(c.Concurrent, defaultConcurrent)
	c.StartAfter = max(0, cmp.Or(c.StartAfter, defaultStartAfter))
	c.UploadDelay = max(0, cmp.Or(c.UploadDelay, defaultUploadDelay))
	c.SliceTimes = cmp.Or(c.SliceTimes, SliceSeconds)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Simulator is the service. It is safe for concurrent use; mu guards the fields below it. Its state is a function of
// the requests and the clock, computed on request: only notifications need a goroutine.
type Simulator struct {
	cfg      Config
	notifier *notifier // nil without a callback

	mu        sync.Mutex
	accounts  map[string]*account
	resources map[string]*resource
	sessions  []*session // in order of start
	bySID     map[string]*session
	script    script
	requests  map[string]int
	answers   map[string]int
}

// New returns a simulator. It fails for invalid faults, an unknown unit of slice times and an invalid callback
// address.
func New(cfg Config) (*Simulator, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Faults.Validate(); err != nil {
		return nil, err
	}
	if cfg.SliceTimes != SliceSeconds && cfg.SliceTimes != SliceMilliseconds {
		return nil, fmt.Errorf("slice times in %q: choose s or ms", cfg.SliceTimes)
	}
	s := &Simulator{
		cfg:       cfg,
		accounts:  map[string]*account{},
		resources: map[string]*resource{},
		bySID:     map[string]*session{},
		requests:  map[string]int{},
		answers:   map[string]int{"200": 0, "429": 0},
	}
	for _, op := range []agora.Op{agora.OpAcquire, agora.OpStart, agora.OpQuery, agora.OpUpdate, agora.OpStop} {
		s.requests[string(op)] = 0
	}
	s.script = newScript(cfg.Faults, s.now())
	if cfg.Callback != "" {
		u, err := url.Parse(cfg.Callback)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, errors.New("callback address: give an http or https address with a host")
		}
		s.notifier = newNotifier(s)
	}
	return s, nil
}

// Close stops sending notifications; those not yet sent are dropped. It may be called more than once.
func (s *Simulator) Close() error {
	if s.notifier != nil {
		s.notifier.close()
	}
	return nil
}

// now is the simulator's clock without a monotonic reading, so that instants compare as the wall clock's.
func (s *Simulator) now() time.Time { return s.cfg.Now().UTC().Round(0) }

// ServeHTTP serves the documented routes and, under /_simulator/, the ledger and the faults.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == controlRoot || strings.HasPrefix(r.URL.Path, controlRoot+"/") {
		s.serveControl(w, r)
		return
	}
	begun := s.now()
	c := call{request: r, id: randomHex(16)}
	// The body is read before anything is decided, and so before the lock is taken.
	c.body, c.bodyErr = readBody(r)
	answer := s.decide(&c)
	if !pause(r.Context(), answer.after) || answer.drop {
		s.cfg.Logger.Debug("no answer", "op", c.route.op, "cname", c.cname, "request_id", c.id)
		// The documented way of net/http to close a connection without an answer; Transport understands it, too.
		panic(http.ErrAbortHandler)
	}
	s.countAnswer(answer.status)
	s.cfg.Logger.Debug("answered", "op", c.route.op, "cname", c.cname, "status", answer.status, "code", answer.code,
		"took", s.now().Sub(begun), "request_id", c.id)
	answer.write(w, c.id, s.now())
}

// call is a request that the simulator is answering.
type call struct {
	request *http.Request
	id      string // X-Request-Id of the answer
	body    []byte
	bodyErr error

	route route
	cname string // of the body or, where there is none, of the session; "" when unknown
	now   time.Time
}

// decide makes the answer and its effect, both at the instant at which the request arrives: delaying the answer does
// not delay the effect.
func (s *Simulator) decide(c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = s.now()
	var ok bool
	if c.route, ok = parseRoute(c.request.Method, c.request.URL.EscapedPath()); !ok {
		if ncsVersion(c.request) != "" {
			return s.ncsAddresses(c.request)
		}
		return gateway(http.StatusNotFound, "no Route matched with those values")
	}
	s.requests[string(c.route.op)]++
	acct, refused := s.authenticate(c.request, c.route.app)
	if acct == nil {
		return refused
	}
	if wait, ok := acct.bucket.take(c.now); !ok {
		return s.rateLimited(wait)
	}
	c.cname = s.cnameOf(c)
	fault := s.script.match(c)
	if fault == nil {
		return s.handle(c)
	}
	answer := reply{drop: true}
	switch {
	case fault.Drop == dropBefore:
	case fault.Drop == dropAfter:
		answer = s.handle(c)
		answer.drop = true
	case fault.Status != 0: // the fault answers instead of the service
		answer = fault.reply()
	default:
		answer = s.handle(c)
	}
	answer.after += time.Duration(fault.Delay)
	return answer
}

// handle is the service itself, behind gateway and faults.
func (s *Simulator) handle(c *call) reply {
	if c.route.op == agora.OpQuery {
		return s.query(c)
	}
	body, refused := c.object(s.cfg.Strict)
	if refused != nil {
		return *refused
	}
	switch c.route.op {
	case agora.OpAcquire:
		return s.acquire(c, body)
	case agora.OpStart:
		return s.start(c, body)
	case agora.OpUpdate:
		return s.update(c, body)
	default:
		return s.stop(c, body)
	}
}

// wake tells the notifier that a session may have something to report.
func (s *Simulator) wake() {
	if s.notifier != nil {
		s.notifier.wake()
	}
}

func (s *Simulator) countAnswer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[fmt.Sprint(status)]++
}

// readBody reads a body up to its limit.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if err == nil && len(body) > bodyLimit {
		err = fmt.Errorf("longer than %d bytes", bodyLimit)
	}
	return body, err
}

// pause waits and says whether the client is still there.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
