package preflight

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"
)

const (
	// MostPages is how many pages are looked at in one go: those of the next classes.
	MostPages = 40
	// pageWithin bounds one request, redirects included.
	pageWithin = 10 * time.Second
	// PagesWithin bounds them all; what was not looked at by then has no result.
	PagesWithin = 2 * time.Minute
	// mostRedirects is how many redirects of a page are followed.
	mostRedirects = 5
	// hostsAtOnce is how many hosts are asked at a time. One host is asked for one page at a time.
	hostsAtOnce = 8
)

// Pages asks for each address once and gives what is wrong with each that it has looked at, by address; none where a page
// answers. Of more than [MostPages] the first are looked at. client may be nil: then hosts that lead into a private network
// are not asked.
func Pages(ctx context.Context, client *http.Client, agent string, addresses []string) map[string]Problem {
	if client == nil {
		client = &http.Client{Transport: outward}
	}
	ctx, cancel := context.WithTimeout(ctx, PagesWithin)
	defer cancel()
	hosts, seen := map[string][]string{}, map[string]bool{}
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || address == "" || seen[address] || len(seen) >= MostPages {
			continue
		}
		seen[address] = true
		hosts[u.Host] = append(hosts[u.Host], address)
	}
	here := *client
	here.CheckRedirect = sameHost
	l := &look{client: &here, agent: agent, results: map[string]Problem{}}
	var running sync.WaitGroup
	free := make(chan struct{}, hostsAtOnce)
	for _, pages := range hosts {
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			l.host(ctx, pages)
		})
	}
	running.Wait()
	return l.results
}

// sameHost follows redirects within the host that was asked, without a Referer: that would be the address with all that is
// secret in it. An answer that leads elsewhere, such as to a login or into a network of this machine, is left at that.
func sameHost(next *http.Request, before []*http.Request) error {
	if next.URL.Hostname() != before[0].URL.Hostname() || len(before) >= mostRedirects {
		return http.ErrUseLastResponse
	}
	next.Header.Del("Referer")
	return nil
}

// look is one go.
type look struct {
	client *http.Client
	agent  string

	mu      sync.Mutex
	results map[string]Problem // guarded by mu
}

// host looks at pages of one host, one after the other, and then again at those that had a problem. Where the host itself
// does not answer, the rest is not asked for: they have the same problem.
func (l *look) host(ctx context.Context, pages []string) {
	var doubtful []string
	for i, address := range pages {
		answered := true
		problem, reached := l.page(ctx, address)
		if !reached && !problem.None() {
			if !Pause(ctx) {
				return
			}
			problem, answered = l.page(ctx, address)
		}
		switch {
		case ctx.Err() != nil:
			return
		case problem.None():
			l.note(problem, address)
		case !answered:
			l.note(problem, pages[i:]...)
			return
		default:
			doubtful = append(doubtful, address)
		}
	}
	if len(doubtful) == 0 || !Pause(ctx) {
		return
	}
	for _, address := range doubtful {
		if problem, _ := l.page(ctx, address); ctx.Err() == nil {
			l.note(problem, address)
		}
	}
}

func (l *look) note(problem Problem, addresses ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, address := range addresses {
		l.results[address] = problem
	}
}

// page asks for one page; reached says that an answer came.
func (l *look) page(ctx context.Context, address string) (problem Problem, reached bool) {
	ctx, cancel := context.WithTimeout(ctx, pageWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Problem{}, true
	}
	request.Header.Set("User-Agent", l.agent)
	response, err := l.client.Do(request)
	switch {
	case errors.Is(err, errPrivate):
		return Problem{
			Text: "its host name leads into a private network", Doubt: true,
			Advice: "see that the page can be opened from the internet; if it can, preflight: false in the recording leaves this check out",
		}, true
	case err != nil:
		return Problem{Text: unreached(err)}, false
	}
	_ = response.Body.Close() // what it holds does not matter
	return judge(response.StatusCode), true
}

// judge says what an answer means. The service ends a recording by itself where the page answers 404 or 5xx, whatever comes with
// it. It is not documented for 410, which is meant for good, however.
func judge(answered int) Problem {
	text := fmt.Sprintf("it answers HTTP %d (%s)", answered, http.StatusText(answered))
	switch {
	case answered == http.StatusNotFound, answered >= http.StatusInternalServerError:
		return Problem{Text: text + ", at which the service ends a recording"}
	case answered == http.StatusGone:
		return Problem{Text: text, Doubt: true}
	}
	return Problem{}
}

// unreached says in words why no answer came. No error is quoted: they hold addresses, names that may be secret, and what
// the other side wrote, such as the names in a certificate.
func unreached(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var wrapped *url.Error
	var number syscall.Errno
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "its host name is not known"
	case errors.As(err, &name):
		return "its host name cannot be looked up"
	case errors.As(err, &certificate):
		return "its certificate is not valid: " + distrusted(certificate.Err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &wrapped) && wrapped.Timeout():
		return fmt.Sprintf("it does not answer within %v", pageWithin)
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &number):
		return "it cannot be reached: " + number.Error()
	}
	return "it cannot be reached"
}

// distrusted says what is wrong with a certificate.
func distrusted(err error) string {
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return "it is for another host"
	case errors.As(err, &authority):
		return "its authority is not known"
	case errors.As(err, &invalid):
		return "it has expired, is not valid yet, or may not be used for this"
	}
	return "it is not trusted"
}
