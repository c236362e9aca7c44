package agora

import (
	"context"
	"log/slog"
	"net/http"
)

// Credentials gives Customer ID and Customer Secret. It is asked for each request, so that rotated secrets work.
type Credentials func(ctx context.Context) (id, secret string, err error)

// Option configures a [Client].
type Option func(*Client) error

// WithBaseURL sends everything to one base URL, without failover. Plain http only to a loopback address.
func WithBaseURL(base string) Option { panic("skeleton") }

// WithTransport sets the transport below the retries; default: a pooled one with the documented TLS versions.
func WithTransport(rt http.RoundTripper) Option { panic("skeleton") }

// WithRegion orders the hosts: the primary to begin with and the neighbour to fail over to.
func WithRegion(r Region) Option { panic("skeleton") }

// WithLogger logs each exchange at debug level, never with bodies; default: discarded.
func WithLogger(l *slog.Logger) Option { panic("skeleton") }

// WithUserAgent names the program to the service.
func WithUserAgent(s string) Option { panic("skeleton") }

// Client is a connection to the service for one account. It is safe for concurrent use.
type Client struct{}

// New returns a client for the account.
func New(creds Credentials, opts ...Option) (*Client, error) { panic("skeleton") }

// App is one App ID with its request budget.
type App struct{}

// App returns the calls of an App ID. All of its requests are admitted by the budget; nil: none.
func (c *Client) App(id string, budget *Budget) *App { panic("skeleton") }

// Acquire asks for a resource id. It is admitted together with the start that follows.
func (a *App) Acquire(ctx context.Context, req AcquireRequest) (AcquireResponse, error) {
	panic("skeleton")
}

// Start starts the recording on a resource id.
func (a *App) Start(ctx context.Context, resourceID string, req StartRequest) (StartResponse, error) {
	panic("skeleton")
}

// Query asks for the recording's state.
func (a *App) Query(ctx context.Context, resourceID, sid string) (QueryResponse, error) {
	panic("skeleton")
}

// Update changes a running recording. Wait for its answer before the next.
func (a *App) Update(ctx context.Context, resourceID, sid string, req UpdateRequest) (UpdateResponse, error) {
	panic("skeleton")
}

// Stop ends the recording.
func (a *App) Stop(ctx context.Context, resourceID, sid string, req StopRequest) (StopResponse, error) {
	panic("skeleton")
}
