package agora

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"rundown/agora/catalog"
	"rundown/internal/redact"
)

// maxRetryAfter is the longest pause that a call makes because the service asks for one. A longer one is returned to
// the caller, who can store that it waits.
const maxRetryAfter = 5 * time.Second

// call is one call of an endpoint: one request, and its repetitions as long as these cannot have a second effect. It
// is the http.RoundTripper of its own requests, so that one function sees a try from the budget to the end of the
// answer. It is for one goroutine.
type call struct {
	app        *App
	op         Op
	resourceID string
	sid        string
	path       string        // of a request for addresses
	timeout    time.Duration // of one try
	secrets    redact.Redactor

	host       int // in the list of hosts
	unanswered int // tries at this host that got no answer
	try        try // the last one
	tries      int
	hold       *hold // what an acquire holds for its start
}

// try is one request and its answer, or the error instead of one.
type try struct {
	host   string
	answer *answer // nil: none
	err    error   // why there is none
	sent   bool    // the request may have reached the service
	result Result
	local  bool // it failed before the network: nothing to fail over from
	waited time.Duration
	took   time.Duration
}

func (a *App) newCall(op Op, resourceID, sid string) *call {
	return &call{app: a, op: op, resourceID: resourceID, sid: sid, timeout: a.client.timeout(op, false)}
}

// do makes the call and decodes the answer of a success.
func do[T any](ctx context.Context, c *call, body any, missing func(*T) string) (T, Meta, error) {
	var none T
	if err := c.run(ctx, body); err != nil {
		return none, Meta{}, err
	}
	a := c.try.answer
	v, err := decode(a, missing)
	if err != nil {
		e := c.failure(nil)
		e.Result, e.Reason, e.Foreign = classifyUnreadable(c.op, a.status), c.redactors().Redact(err.Error()), true
		return none, Meta{}, e
	}
	return v, Meta{RequestID: a.requestID, Date: a.date, Took: c.try.took}, nil
}

// run sends the request until there is an answer or nothing is left to try. It returns nil for a success.
func (c *call) run(ctx context.Context, body any) error {
	method, path, err := c.route()
	if err != nil {
		return &Error{Op: c.op, Result: Permanent, Err: err}
	}
	var raw []byte
	if body != nil {
		if raw, err = json.Marshal(body); err != nil {
			return &Error{Op: c.op, Result: Permanent, Err: fmt.Errorf("write the request: %w", err)}
		}
	}
	client := c.app.client
	path = c.app.near.Path() + path
	c.host = c.app.hosts.first()
	req, err := retryablehttp.NewRequestWithContext(ctx, method, c.app.hosts.url(c.host, path).String(), raw)
	if err != nil {
		return &Error{Op: c.op, Result: Permanent, Err: errors.New("the request's URL cannot be built; check the base URL and the ids")}
	}
	if raw == nil {
		req.Body = nil
	}
	req.Header.Set("Content-Type", ContentType)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", client.userAgent)

	waits := catalog.DomainBackoff()
	retry := retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     c,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax: len(waits),
		Backoff: func(_, _ time.Duration, n int, _ *http.Response) time.Duration {
			return c.pause(waits[min(n, len(waits)-1)])
		},
		CheckRetry: func(ctx context.Context, _ *http.Response, _ error) (bool, error) {
			pause := c.pause(waits[min(c.tries-1, len(waits)-1)])
			return ctx.Err() == nil && c.mayRetry() && pauseFits(ctx, pause), nil
		},
		PrepareRetry: func(r *http.Request) error {
			r.URL = c.app.hosts.url(c.host, path)
			r.Host = ""
			return nil
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := retry.Do(req)
	if resp != nil {
		_ = resp.Body.Close() // it is in memory
	}
	if c.try.answer != nil && c.try.result == Done && err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil && errors.Is(err, ended) {
		return c.failure(ended)
	}
	return c.failure(nil)
}

// route is the method and the path of the request.
func (c *call) route() (method, path string, err error) {
	if c.op == OpAddresses {
		return http.MethodGet, c.path, nil
	}
	return Route(c.op, c.app.id, c.resourceID, c.sid)
}

// mayRetry says whether the last try may be repeated within the call. It moves to the next host where the failover
// requires it: the same host once more, then another.
func (c *call) mayRetry() bool {
	t := &c.try
	switch {
	case t.local:
		return false
	case t.answer != nil:
		return t.answer.status == http.StatusTooManyRequests && t.answer.retryAfter <= maxRetryAfter
	case t.sent && !c.op.readOnly():
		c.app.hosts.unanswered(c.host, t.err)
		return false
	}
	c.unanswered++
	if c.unanswered > 1 {
		c.host = c.app.hosts.next(c.host, t.err)
	}
	return true
}

// pause is the time until the next try: what the service asks for, else the documented step.
func (c *call) pause(step time.Duration) time.Duration {
	if a := c.try.answer; a != nil && a.retryAfter > 0 {
		return a.retryAfter
	}
	return step
}

// pauseFits says whether a pause ends before the context does. Otherwise the last failure says more than the
// context's error.
func pauseFits(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > pause
}

// RoundTrip makes one try: it waits for the budget, gets the credentials, sends, and reads the whole answer within
// the time limit.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	c.tries++
	c.try = try{host: req.URL.Host}
	resp, err := c.attempt(req)
	t := &c.try
	t.err = err
	switch {
	case t.answer != nil:
		t.result = Classify(c.op, t.answer.status, t.answer.code, t.answer.reason)
		if t.answer.unreadable {
			t.result = classifyUnreadable(c.op, t.answer.status)
		}
		c.app.hosts.answered(c.host, t.answer.foreign)
	case !t.local:
		t.result = ClassifyFailure(c.op, t.sent)
	}
	if t.result != Done {
		c.hold.release()
		c.hold = nil
	}
	c.report(req.Context())
	return resp, err
}

// attempt is [call.RoundTrip] without classifying and reporting the result.
func (c *call) attempt(req *http.Request) (*http.Response, error) {
	ctx, t := req.Context(), &c.try
	id, secret, err := c.prepare(ctx)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		t.local, t.result = true, Retry
		return nil, err
	}
	begin := time.Now()
	defer func() { t.took = time.Since(begin) }()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ctx, connection := watchConnection(ctx)
	out := req.Clone(ctx)
	out.SetBasicAuth(id, secret)
	transport, timedOut := currentTransport(c.app.client.transport)
	defer func() { // also where the answer's body did not end in time
		if ctx.Err() != nil && req.Context().Err() == nil {
			timedOut()
		}
	}()
	resp, err := transport.RoundTrip(out)
	if err != nil {
		t.sent = connection.maySend(err)
		if ctx.Err() != nil && req.Context().Err() == nil {
			err = &timeoutError{after: c.timeout}
		}
		return nil, err
	}
	t.sent = true
	defer func() { _ = resp.Body.Close() }()
	t.answer = readAnswer(c.op, resp, c.redactors())
	resp.Header.Del("Location") // redirects are not followed, and one that cannot be parsed would be an error
	resp.Body = io.NopCloser(strings.NewReader(""))
	return resp, nil
}

// prepare waits for the budget, reads the credentials and asks the gate, the last thing before the request is sent.
func (c *call) prepare(ctx context.Context) (id, secret string, err error) {
	begin := time.Now()
	if err := c.admit(ctx); err != nil {
		return "", "", fmt.Errorf("wait for the request budget: %w", err)
	}
	c.try.waited = time.Since(begin)
	id, secret, err = c.app.client.credentials(ctx)
	if err == nil && (id == "" || secret == "") {
		err = errors.New("customer id or customer secret is empty") // as a file is for a moment while it is replaced
	}
	if err != nil {
		return "", "", fmt.Errorf("credentials: %w", err)
	}
	if c.app.gate != nil {
		if err := c.app.gate(); err != nil {
			return "", "", err
		}
	}
	c.secrets.Add(secret, base64.StdEncoding.EncodeToString([]byte(id+":"+secret)))
	return id, secret, nil
}

// admit waits for the budget. An acquire reserves the place of its start, which then need not wait.
func (c *call) admit(ctx context.Context) (err error) {
	switch c.op {
	case OpAcquire:
		c.hold, err = c.app.budget.waitPair(ctx)
		return err
	case OpStart:
		return c.app.budget.waitStart(ctx, c.resourceID)
	case OpUpdate:
		return c.app.budget.Wait(ctx, PriorityUpdate)
	case OpStop:
		return c.app.budget.Wait(ctx, PriorityStop)
	default:
		return c.app.budget.Wait(ctx, PriorityQuery)
	}
}

// report passes a try to the observer and the log, without bodies and Authorization.
func (c *call) report(ctx context.Context) {
	t := &c.try
	x := Exchange{
		App: c.app.id, Op: c.op, Host: t.host, Attempt: c.tries, Waited: t.waited, Duration: t.took,
		Result: t.result, Sent: t.sent, Local: t.local, Err: t.err,
	}
	foreign := false
	if t.answer != nil {
		x.Status, x.Code, x.RequestID, foreign = t.answer.status, t.answer.code, t.answer.requestID, t.answer.foreign
	}
	x.Verdict = Judge(x.Result, x.Status, x.Code, foreign)
	c.app.client.observe(x)
	attrs := []slog.Attr{
		slog.String("op", string(x.Op)), slog.String("app", x.App), slog.String("host", x.Host),
		slog.Int("attempt", x.Attempt), slog.Duration("waited", x.Waited), slog.Duration("duration", x.Duration),
		slog.String("verdict", string(x.Verdict)),
	}
	if t.answer != nil {
		attrs = append(attrs, slog.Int("status", x.Status), slog.Int("code", x.Code),
			slog.String("reason", t.answer.reason), slog.String("request_id", x.RequestID))
	} else {
		attrs = append(attrs, slog.Bool("sent", x.Sent), slog.Any("error", t.err))
	}
	c.app.client.log.LogAttrs(ctx, slog.LevelDebug, "agora exchange", attrs...)
}

// failure is the last try as an error. ended is the context's error where that ended the call.
func (c *call) failure(ended error) *Error {
	t := &c.try
	e := &Error{Op: c.op, Result: t.result, Host: t.host, Sent: t.sent, Local: t.local, Took: t.took, Err: t.err}
	if a := t.answer; a != nil {
		e.Status, e.Code, e.Reason, e.SID = a.status, a.code, a.reason, a.sid
		e.RequestID, e.RetryAfter, e.Date, e.Foreign = a.requestID, a.retryAfter, a.date, a.foreign
		if c.op == OpStop {
			e.Services = a.serverResponse()
		}
	}
	if ended != nil && !errors.Is(e.Err, ended) {
		// The try before had ended, and the context did while the next was waited for.
		e.Err = errors.Join(e.Err, ended)
	}
	return e
}

// redactors know the secrets of this request and those of the App.
func (c *call) redactors() redact.All { return redact.All{&c.secrets, c.app.secrets} }

// url is the address of an escaped path at the host at i.
func (h *hosts) url(i int, path string) *url.URL {
	u := *h.list[i]
	u.RawPath = u.EscapedPath() + path
	u.Path, _ = url.PathUnescape(u.RawPath) // our own escaping: it cannot fail
	return &u
}

// CallTimeout is how long one try of a request may take: 10 s, and 35 s for a stop that waits for the upload, since
// the service takes 20 s and more for it (stop; the figures are inferred).
func CallTimeout(op Op, waitsForUpload bool) time.Duration {
	if op == OpStop && waitsForUpload {
		return 35 * time.Second
	}
	return 10 * time.Second
}
