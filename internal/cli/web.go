package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web"
	"rundown/runner/web/access"
	"rundown/runner/web/api"
	"rundown/runner/web/page"
)

// webOptions say who may use the API and the page, and how they are reached.
type webOptions struct {
	access            string
	tlsCert, tlsKey   string
	proxies           []string
	publicURL         string // of the page, for links in notifications
	trusted           []netip.Prefix
	certificate       *access.Certificate
	policy            *access.Policy
	listensOnLoopback bool
}

// addFlags gives run the flags of the API and the page.
func (o *webOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.access, "access", "", "`FILE` that lists the tokens and users of the API and the page, with their scopes (default: this machine may read, nobody may act)")
	f.StringVar(&o.tlsCert, "tls-cert", "", "`FILE` with the certificate chain to serve HTTPS with, read again when it changes")
	f.StringVar(&o.tlsKey, "tls-key", "", "`FILE` with its key")
	f.StringVar(&o.publicURL, "public-url", "", "base `URL` at which people reach the page, for links in notifications (default: no links)")
	f.StringArrayVar(&o.proxies, "trusted-proxy", nil, "`ADDRESS` or network of a proxy that speaks HTTPS and says X-Forwarded-For and X-Forwarded-Proto; may be repeated")
}

// check judges the flags together.
func (o *webOptions) check() error {
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if u, err := url.Parse(o.publicURL); o.publicURL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		return errors.New("invalid --public-url: must be a base address such as https://rundown.school.example, without user, query and fragment")
	}
	o.publicURL = strings.TrimSuffix(o.publicURL, "/")
	for _, text := range o.proxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, wrong := netip.ParseAddr(text)
			if wrong != nil {
				return fmt.Errorf("invalid --trusted-proxy %q: give an address or a network, such as 10.0.0.5 or 10.0.0.0/24", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		o.trusted = append(o.trusted, p.Masked())
	}
	return nil
}

// load reads the files that the flags name. Credentials that everybody on the way could read are refused.
func (o *webOptions) load(a *app, listen net.Addr, log *slog.Logger) (err error) {
	if at, ok := listen.(*net.TCPAddr); ok {
		o.listensOnLoopback = at.IP.IsLoopback()
	}
	if o.tlsCert != "" {
		if o.certificate, err = access.LoadCertificate(o.tlsCert, o.tlsKey, log); err != nil {
			return err
		}
	}
	if o.access == "" {
		return nil
	}
	if !o.listensOnLoopback && o.certificate == nil && len(o.trusted) == 0 {
		return fmt.Errorf("--access on %s needs --tls-cert and --tls-key, or --trusted-proxy: everybody on the way could read the tokens", listen)
	}
	o.policy, err = access.Load(o.access, a.secretReference, log)
	return err
}

// secretReference gives what reads the secret that a reference stands for.
func (a *app) secretReference(text string) (access.Secret, error) {
	ref, ok := referenceOf(text)
	if !ok {
		return nil, errors.New("a secret is given by a reference, ${NAME} or ${file:PATH}, not written out")
	}
	lookup := a.newLookup("-")
	return func() (string, error) { return lookup(ref) }, nil
}

// webhookSecretVariable is the variable with the secret of notifications, used if --webhook-secret is not given.
const webhookSecretVariable = "RUNDOWN_WEBHOOK_SECRET"

// webhookSecret returns a function that reads the secret of notifications each time; nil if none is set. The flag takes a
// reference, not the secret, since every user of the host can read the flags of a process.
func (a *app) webhookSecret(flag string) (func() (string, error), error) {
	if flag == "" {
		if v, _ := a.env(webhookSecretVariable); v == "" {
			return nil, nil
		}
		flag = "${" + webhookSecretVariable + "}"
	}
	secret, err := a.secretReference(flag)
	if err != nil {
		return nil, errors.New("--webhook-secret takes a reference, ${NAME} or ${file:PATH}, not the secret itself")
	}
	if _, err := secret(); err != nil {
		return nil, fmt.Errorf("webhook secret: %w", err)
	}
	return secret, nil
}

// tls is what the server needs to serve HTTPS; nil for plain http.
func (o *webOptions) tls() *tls.Config {
	if o.certificate == nil {
		return nil
	}
	return o.certificate.Config()
}

// scheme is how the server is reached.
func (o *webOptions) scheme() string {
	if o.certificate == nil {
		return "http"
	}
	return "https"
}

// guard stands in front of the API and the page.
func (o *webOptions) guard(log *slog.Logger) *access.Guard {
	return access.New(access.Config{Policy: o.policy, Loopback: o.listensOnLoopback, TLS: o.certificate != nil, Proxies: o.trusted}, web.LogRefusals(log))
}

// openAPI makes the API. It has a handle of its own on the store, as commands have: it never waits for the daemon's
// writes, and its orders are noticed as theirs are.
func (d *daemon) openAPI(ctx context.Context, issues func() []runner.Issue) (*api.API, func(), error) {
	s, err := d.work.store.Reopen(ctx, store.Options{})
	if err != nil {
		return nil, nil, err
	}
	health := func() (bool, string, []runner.Issue) { return web.State(d.ready, d.engine.Progress, issues) }
	served := api.New(api.Config{
		Store: s, Health: health, Now: time.Now, Log: d.log, Version: versionOf().Version, Plans: d.notifiedPlans, Redact: d.engine.Redacted, Link: d.link,
	})
	return served, func() {
		served.Close()
		_ = s.Close()
	}, nil
}

// oneReference is a text that is nothing but a reference, as plans write them.
var oneReference = regexp.MustCompile(`^\$\{(?:file:([^}]+)|([A-Za-z_][A-Za-z0-9_]*))\}$`)

// someReference is a reference within a text.
var someReference = regexp.MustCompile(`\$\{(?:file:[^}]+|[A-Za-z_][A-Za-z0-9_]*)\}`)

// referenceOf reads a text that is nothing but a reference; false where it is anything else.
func referenceOf(text string) (plan.Reference, bool) {
	m := oneReference.FindStringSubmatch(text)
	if m == nil {
		return plan.Reference{}, false
	}
	return plan.Reference{File: m[1], Name: m[2]}, true
}

// dutyPage serves the duty page of a daemon. It opens a connection to the store when the first page is asked for, since
// many daemons are looked at by nobody. It is safe for concurrent use.
type dutyPage struct {
	d      *daemon
	issues func() []runner.Issue

	mu    sync.Mutex   // guards what follows; held while the store is opened, so that it is opened once
	pages http.Handler // nil: nothing was asked for yet
	store *store.Store
}

// ServeHTTP answers requests that the guard let pass.
func (p *dutyPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pages, err := p.open(r.Context())
	if err != nil {
		p.d.log.Error("the duty page cannot read the store", "error", err)
		http.Error(w, "the store cannot be read now; see the log of the daemon", http.StatusServiceUnavailable)
		return
	}
	pages.ServeHTTP(w, r)
}

// open gives the pages, and makes them at the first call. One that fails is tried again by the next request.
func (p *dutyPage) open(ctx context.Context) (http.Handler, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pages != nil {
		return p.pages, nil
	}
	s, err := p.d.work.store.Reopen(context.WithoutCancel(ctx), store.Options{})
	if err != nil {
		return nil, err
	}
	p.store = s
	p.pages = page.New(&page.Source{
		Store: s, Clock: p.d.a.clock, Issues: p.issues, State: p.state, Started: p.d.started, Version: versionOf().Version, GroupText: render.GroupText,
	}, p.d.log)
	return p.pages, nil
}

// state says whether the daemon works.
func (p *dutyPage) state() (running bool, text string) {
	if !p.d.begun.Load() {
		return false, "it is starting"
	}
	if err := p.d.engine.Progress(web.MovesWithin); err != nil {
		return false, err.Error()
	}
	return true, "pid " + strconv.Itoa(os.Getpid()) + ", since " + p.d.started.Format(view.TimeForm)
}

// close gives the connection to the store back.
func (p *dutyPage) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.store != nil {
		_ = p.store.Close() // it only read, and what it wrote is committed
	}
}
