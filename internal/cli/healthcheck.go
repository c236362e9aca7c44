package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/runner/view"
)

// healthcheckOptions are the flags of healthcheck.
type healthcheckOptions struct {
	listen string
	ready  bool
	tls    bool
	within time.Duration
}

// newHealthcheckCommand makes healthcheck. It asks the daemon itself and not the store: the supervisor that runs it wants to know
// of that process, and a container may have no store of its own. It reads no file and no plan. Status 1 is whatever is not a healthy
// daemon, also where nothing answers; a flag that makes no sense is status 2, which no supervisor should take for ill health.
func newHealthcheckCommand(a *app) *cobra.Command {
	o := healthcheckOptions{}
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a daemon whether it is healthy, for containers",
		Long: `Healthcheck asks the daemon on this machine for /healthz and prints the answer.
It exits with 0 if the daemon is healthy, else with 1. Containers without a
shell can use it as HEALTHCHECK and in the probes of Kubernetes.

With --ready it asks for /readyz: whether classes can begin. Do not restart a
daemon that is only not ready: its recordings go on, and a restart does not
correct a refused account.`,
		Example: `  rundown healthcheck
  rundown healthcheck --ready
  rundown healthcheck --listen :8443 --tls`,
		Args: arguments(0, 0),
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8089", "`ADDRESS` that the daemon's --listen names")
	f.BoolVar(&o.ready, "ready", false, "ask whether classes can begin")
	f.BoolVar(&o.tls, "tls", false, "ask by HTTPS; the certificate is not checked, since nothing secret is sent")
	f.DurationVar(&o.within, "timeout", 5*time.Second, "how long the answer may take")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		url, err := o.url()
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		if o.within <= 0 {
			return &usageError{cmd.CommandPath(), errors.New("--timeout must be longer than 0s")}
		}
		healthy, text := o.ask(cmd.Context(), url)
		for line := range strings.Lines(text) {
			fmt.Fprintln(a.out, view.Line(strings.TrimRight(line, "\n")))
		}
		if !healthy {
			return errFindings
		}
		return nil
	}
	return cmd
}

// url is the address to ask. A daemon that listens on every address is asked by loopback.
func (o *healthcheckOptions) url() (string, error) {
	host, port, err := net.SplitHostPort(o.listen)
	if err != nil || port == "" || port == "0" {
		return "", fmt.Errorf("invalid --listen %q: give it as the daemon has it, such as 127.0.0.1:8089 or :8089", o.listen)
	}
	if address, err := netip.ParseAddr(host); host == "" || err == nil && address.IsUnspecified() {
		host = "127.0.0.1"
		if err == nil && address.Is6() {
			host = "::1"
		}
	}
	scheme, path := "http", "/healthz"
	if o.tls {
		scheme = "https"
	}
	if o.ready {
		path = "/readyz"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + path, nil
}

// mostHealth bounds what is printed of an answer, in bytes.
const mostHealth = 64 << 10

// healthAnswers are the statuses of a daemon's answers, and whether they mean that it is healthy.
var healthAnswers = map[int]bool{http.StatusOK: true, http.StatusServiceUnavailable: false}

// ask gives the daemon's answer.
func (o *healthcheckOptions) ask(ctx context.Context, url string) (healthy bool, text string) {
	status, body, err := askLocally(ctx, url, "text/plain", o.within)
	if err != nil {
		return false, err.Error()
	}
	healthy, known := healthAnswers[status]
	if !known {
		return false, fmt.Sprintf("%s answers HTTP %d, as no daemon does", url, status)
	}
	return healthy, string(body)
}

// askLocally asks a daemon of this machine and waits for so long. No proxy is asked, no redirect followed, and no certificate
// checked, since nothing secret is sent.
func askLocally(ctx context.Context, url, accept string, within time.Duration) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Accept", accept)
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("no answer from %s: %w", url, cause(err))
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, mostHealth))
	if err != nil {
		return 0, nil, fmt.Errorf("no whole answer from %s: %w", url, cause(err))
	}
	return answer.StatusCode, body, nil
}
