package agora

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/internal/redact"
)

// Credentials gives Customer ID and Customer Secret. It is called for each request, so that rotated secrets take
// effect.
type Credentials func(ctx context.Context) (id, secret string, err error)

// Exchange is one try of a request and its answer, or the error instead of one, for metrics. It contains no secret.
type Exchange struct {
	App       string // App ID; "": none, as of [Client.Addresses]
	Op        Op
	Host      string
	Attempt   int           // within the call, from 1
	Waited    time.Duration // for the budget
	Duration  time.Duration // from the request to the end of the answer
	Status    int           // 0: no answer
	Code      int           // the service's; 0: none given
	Result    Result
	Verdict   Verdict
	RequestID string // as in [Error], as Sent is
	Sent      bool
	Local     bool  // it failed before the network, as where a secret cannot be read
	Err       error // why there was no answer
}

// Option configures a [Client].
type Option func(*Client) error

// WithBaseURL sends everything to one base URL, without failover. Plain http is allowed to a loopback address only.
func WithBaseURL(base string) Option {
	return func(c *Client) error {
		u, err := parseBase(base)
		c.base = u
		return err
	}
}

// WithTransport sets the transport below the retries; default: a pooled one with the documented TLS versions.
func WithTransport(rt http.RoundTripper) Option {
	return func(c *Client) error {
		if rt == nil {
			return errors.New("transport: none given")
		}
		c.transport = rt
		return nil
	}
}

// WithRegion sets the order of the hosts: the primary and the neighbours to fail over to. The default is for callers
// outside mainland China.
func WithRegion(r catalog.Region) Option {
	return func(c *Client) error {
		if _, ok := regionHosts[r]; !ok {
			return fmt.Errorf("region: %q is none of %q", r, catalog.Strings("acquire-region-values"))
		}
		c.region = r
		return nil
	}
}

// WithLogger logs each exchange at debug level, without bodies. The default is to log nothing.
func WithLogger(l *slog.Logger) Option {
	return func(c *Client) error {
		if l == nil {
			return errors.New("logger: none given")
		}
		c.log = l
		return nil
	}
}

// WithUserAgent sets the User-Agent header; the default is rundown.
func WithUserAgent(s string) Option {
	return func(c *Client) error {
		c.userAgent = s
		return nil
	}
}

// WithObserver calls f after each exchange, in the goroutine of the call. f must not block.
func WithObserver(f func(Exchange)) Option {
	return func(c *Client) error {
		if f == nil {
			return errors.New("observer: none given")
		}
		c.observe = f
		return nil
	}
}

// Client talks to the service for one account. It is safe for concurrent use.
type Client struct {
	credentials Credentials
	transport   http.RoundTripper
	timeout     func(op Op, waitsForUpload bool) time.Duration // of one try
	log         *slog.Logger
	userAgent   string
	observe     func(Exchange)
	hosts       *hosts
	nearHosts   *hosts // for requests with an area to be preferred

	// settings of the hosts, until New builds them
	base   *url.URL
	region catalog.Region
}

// New returns a client of the account with these credentials. It sends nothing. An option that is given a bad value is its error.
func New(creds Credentials, opts ...Option) (*Client, error) {
	if creds == nil {
		return nil, errors.New("agora client: no credentials given")
	}
	c := &Client{
		credentials: creds,
		timeout:     CallTimeout,
		log:         slog.New(slog.DiscardHandler),
		userAgent:   "rundown",
		observe:     func(Exchange) {},
	}
	for _, opt := range opts {
		if err := opt(c); err != nil {
			return nil, fmt.Errorf("agora client: %w", err)
		}
	}
	if c.transport == nil {
		c.transport = newPool(newTransport)
	}
	c.hosts, c.nearHosts = documentedHosts(c.region, false), documentedHosts(c.region, true)
	if c.base != nil {
		c.hosts = singleHost(c.base)
		c.nearHosts = c.hosts
	}
	return c, nil
}

// App is one App ID with its request budget. It is safe for concurrent use.
type App struct {
	client  *Client
	id      string
	budget  *Budget
	near    catalog.Area
	hosts   *hosts
	secrets *redact.Redactor // nil: none but those of each request
	gate    func() error     // nil: always open
}

// App returns the calls of an App ID. The budget admits all of its requests; nil means no limit. The service counts the requests of an
// App ID together, whoever sends them, so all that a process sends in a row about an App ID goes through one budget, and one process
// owns the App ID. A single query beside that, as of a check, may go without.
//
// A call blocks until it has an answer, or nothing is left to try. It repeats only what cannot have had an effect or only
// reads, at the documented hosts in their order. Its error is an [*Error], also where ctx ended, which the Error then wraps.
func (c *Client) App(id string, budget *Budget) *App {
	return &App{client: c, id: id, budget: budget, hosts: c.hosts}
}

// Redacting returns the same calls with a redactor. It redacts its secrets, in addition to those of the request, from
// all that the service says: the answer to a query may quote what start was sent.
func (a *App) Redacting(r *redact.Redactor) *App {
	with := *a
	with.secrets = r
	return &with
}

// Gated returns the same calls, of which each try asks gate right before it is sent. Where gate gives an error nothing is
// sent: the call fails as [Error.Local] and wraps that error.
func (a *App) Gated(gate func() error) *App {
	with := *a
	with.gate = gate
	return &with
}

// Near returns the same calls, within the same budget, for sessions that prefer the servers of an area: its name is
// part of the address of every request, and its number part of acquire. A session must be queried, updated and
// stopped with the area that it was acquired with.
func (a *App) Near(n catalog.Area) *App {
	near := *a
	if near.near, near.hosts = n, a.client.nearHosts; n == "" {
		near.hosts = a.client.hosts
	}
	return &near
}

// Acquire gets a resource id. It is admitted together with the start that follows, which is to come within two seconds of the answer
// (start-within-2s). The preferred area is that of the App, whatever the request says.
func (a *App) Acquire(ctx context.Context, req AcquireRequest) (AcquireResponse, error) {
	req.ClientRequest.RegionAffinity = a.near.Affinity()
	c := a.newCall(OpAcquire, "", "")
	addStart(&c.secrets, req.ClientRequest.StartParameter)
	resp, meta, err := do(ctx, c, req, func(r *AcquireResponse) string {
		if r.ResourceID == "" {
			return "resourceId"
		}
		return ""
	})
	if err != nil {
		c.hold.release()
		return AcquireResponse{}, err
	}
	c.hold.keep(resp.ResourceID)
	resp.Meta = meta
	return resp, nil
}

// Start starts a recording on a resource id of an acquire with the same cname, uid and parameters. An error with the result [Unknown] may
// stand for a recording that runs: the same start again, with the same resource id, tells by its answer.
func (a *App) Start(ctx context.Context, resourceID string, req StartRequest) (StartResponse, error) {
	c := a.newCall(OpStart, resourceID, "")
	addStart(&c.secrets, &req.ClientRequest)
	resp, meta, err := do(ctx, c, req, func(r *StartResponse) string {
		if r.SID == "" {
			return "sid"
		}
		return ""
	})
	resp.Meta = meta
	return resp, err
}

// Query gets the state of a recording, as long as it lives and its resource id is valid. An answer 404 ([VerdictGone]) is no proof of
// its end for 90 s: it may be failing over.
func (a *App) Query(ctx context.Context, resourceID, sid string) (QueryResponse, error) {
	c := a.newCall(OpQuery, resourceID, sid)
	resp, meta, err := do(ctx, c, nil, func(r *queryAnswer) string {
		if r.ServerResponse == nil || r.ServerResponse.Status == nil {
			return "serverResponse.status"
		}
		return ""
	})
	if err != nil {
		return QueryResponse{}, err
	}
	return resp.response(meta), nil
}

// Update changes a running recording. Wait for its answer before sending the next one.
func (a *App) Update(ctx context.Context, resourceID, sid string, req UpdateRequest) (UpdateResponse, error) {
	c := a.newCall(OpUpdate, resourceID, sid)
	addStorage(&c.secrets, req.ClientRequest.StorageConfig)
	addPublisher(&c.secrets, req.ClientRequest.RTMPPublishConfig)
	resp, meta, err := do(ctx, c, req, func(r *UpdateResponse) string { return missingNames(r.ResourceID, r.SID, r.Cname, r.UID) })
	resp.Meta = meta
	return resp, err
}

// Stop stops a recording. A stop that waits for the upload has the longer of the two time limits ([CallTimeout]). Sent twice it does no
// harm.
func (a *App) Stop(ctx context.Context, resourceID, sid string, req StopRequest) (StopResponse, error) {
	c := a.newCall(OpStop, resourceID, sid)
	c.timeout = a.client.timeout(OpStop, !req.ClientRequest.AsyncStop)
	resp, meta, err := do(ctx, c, req, func(r *StopResponse) string { return missingNames(r.ResourceID, r.SID, r.Cname, r.UID) })
	resp.Meta = meta
	return resp, err
}

// missingNames says what is missing in an answer that repeats none of the names of its recording. It is not the
// service's, whose answers repeat them all.
func missingNames(names ...string) string {
	if strings.Join(names, "") == "" {
		return "resourceId, sid, cname or uid"
	}
	return ""
}

// queryAnswer is a [QueryResponse] in which a missing status differs from status 0.
type queryAnswer struct {
	Cname          string `json:"cname"`
	UID            string `json:"uid"`
	ResourceID     string `json:"resourceId"`
	SID            string `json:"sid"`
	ServerResponse *struct {
		Status   *Status            `json:"status"`
		Services []serviceStateJSON `json:"extensionServiceState"` // read at one go, since most answers are to queries
	} `json:"serverResponse"`
}

// response converts the answer.
func (q queryAnswer) response(meta Meta) QueryResponse {
	r := ServerResponse{Status: *q.ServerResponse.Status}
	for _, raw := range q.ServerResponse.Services {
		r.Services = append(r.Services, raw.state())
	}
	return QueryResponse{Cname: q.Cname, UID: q.UID, ResourceID: q.ResourceID, SID: q.SID, Meta: meta, ServerResponse: r}
}
