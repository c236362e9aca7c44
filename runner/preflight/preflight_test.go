package preflight_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/preflight"
)

// memory is an HTTP transport to a handler, over connections in memory, so that time may be virtual. A nil handler is a
// server that never answers.
func memory(t *testing.T, handler http.Handler) http.RoundTripper {
	t.Helper()
	conns := make(chan net.Conn)
	server := &http.Server{Handler: handler}
	if handler != nil {
		go func() { _ = server.Serve(listener(conns)) }()
	}
	dial := func(ctx context.Context, _, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "nobody.") {
			return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
		}
		here, there := net.Pipe()
		if handler == nil {
			t.Cleanup(func() { _ = there.Close() })
			return here, nil
		}
		select {
		case conns <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	t.Cleanup(func() { close(conns); _ = server.Close() })
	return &http.Transport{DialContext: dial, DialTLSContext: dial, DisableKeepAlives: true}
}

type listener chan net.Conn

func (l listener) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l listener) Close() error   { return nil }
func (l listener) Addr() net.Addr { return &net.TCPAddr{} }

func TestAPageThatDoesNotAnswerAsPagesDoIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		client := &http.Client{Transport: memory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			var code int
			_, _ = fmt.Sscanf(r.URL.Path, "/%d", &code)
			if r.URL.Path == "/moved" {
				http.Redirect(w, r, "/404?token=CANARY", http.StatusFound)
				return
			}
			w.WriteHeader(code)
		}))}
		const base = "http://school.example"
		want := map[string]string{
			"/200": "", "/204": "", "/401": "", "/403": "", "/429": "", "/404?token=CANARY": "it answers HTTP 404 (Not Found), at which the service ends a recording", "/410": "it answers HTTP 410 (Gone)",
			"/500": "HTTP 500", "/503": "HTTP 503", "/moved": "HTTP 404",
		}
		var addresses []string
		for path := range want {
			addresses = append(addresses, base+path, base+path)
		}
		addresses = append(addresses, "http://nobody.example/?token=CANARY")
		got := preflight.Pages(t.Context(), client, "rundown", addresses)
		for path, text := range want {
			problem, looked := got[base+path]
			if !looked || problem.None() != (text == "") || !strings.Contains(problem.Text, text) || strings.Contains(problem.Text, "CANARY") {
				t.Errorf("%s: %q, want %q", path, problem.Text, text)
			}
			if doubt := path == "/410"; problem.Doubt != doubt {
				t.Errorf("%s: in doubt %v", path, problem.Doubt)
			}
		}
		if problem := got["http://nobody.example/?token=CANARY"]; problem.Text != "its host name is not known" {
			t.Errorf("a host that is not known: %q", problem.Text)
		}
		if n := asked.Load(); n != 5+4*2+1*4 {
			t.Errorf("%d requests: each page is asked once, and what fails twice", n)
		}
	})
}

// TestALookLeavesNoSecretBehind has redirects within a host and to another one, and failures whose errors quote names.
func TestALookLeavesNoSecretBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hosts sync.Map
		transport := memory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hosts.Store(r.Host, true)
			if r.Referer() != "" {
				t.Errorf("%s%s is told where it was asked from: %s", r.Host, r.URL, r.Referer())
			}
			switch r.URL.Path {
			case "/here":
				http.Redirect(w, r, "/gone", http.StatusFound)
			case "/elsewhere":
				http.Redirect(w, r, "http://10.0.0.1/gone", http.StatusFound)
			case "/round":
				http.Redirect(w, r, "/round", http.StatusFound)
			default:
				w.WriteHeader(http.StatusGone)
			}
		}))
		const base = "http://school.example"
		pages := []string{base + "/here?token=CANARY", base + "/elsewhere?token=CANARY", base + "/round?token=CANARY"}
		got := preflight.Pages(t.Context(), &http.Client{Transport: transport}, "rundown", pages)
		if got[pages[0]].Text != "it answers HTTP 410 (Gone)" || !got[pages[1]].None() || !got[pages[2]].None() {
			t.Errorf("told %v", got)
		}
		if _, asked := hosts.Load("10.0.0.1"); asked {
			t.Error("a redirect led to another host")
		}
	})
	for want, err := range map[string]error{
		"its host name cannot be looked up":                    &net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", Name: "CANARY.example", Server: "10.0.0.2:53"}},
		"its certificate is not valid: it is for another host": &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"CANARY.example"}}, Host: "CANARY.school.example"}},
		"it cannot be reached: connection refused":             &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		"it cannot be reached":                                 &net.OpError{Op: "proxyconnect", Err: errors.New("CANARY")},
	} {
		synctest.Test(t, func(t *testing.T) {
			client := &http.Client{Transport: failing{err}}
			if got := preflight.Pages(t.Context(), client, "rundown", []string{"https://CANARY.example/"}); got["https://CANARY.example/"].Text != want {
				t.Errorf("told %v, want %q", got, want)
			}
		})
	}
}

// failing is a transport on which nothing gets through.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestAShortFaultOfAPageIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		client := &http.Client{Transport: memory(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if time.Since(begun) < 5*time.Second {
				w.WriteHeader(http.StatusBadGateway)
			}
		}))}
		if got := preflight.Pages(t.Context(), client, "rundown", []string{"http://school.example/"}); len(got) != 1 || !got["http://school.example/"].None() {
			t.Errorf("told %v", got)
		}
	})
}

// TestAllPagesOfAServerThatFailsAreTold has forty pages that answer alike.
func TestAllPagesOfAServerThatFailsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: memory(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))}
		var addresses []string
		for i := range preflight.MostPages {
			addresses = append(addresses, fmt.Sprintf("http://school.example/%d", i))
		}
		if got := preflight.Pages(t.Context(), client, "rundown", addresses); len(got) != preflight.MostPages {
			t.Errorf("%d are told", len(got))
		}
	})
}

func TestPagesTakeNoLongerThanTheirBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: memory(t, nil)}
		var addresses []string
		for i := range 2 * preflight.MostPages {
			addresses = append(addresses, fmt.Sprintf("http://school.example/%d", i))
		}
		begun := time.Now()
		got := preflight.Pages(t.Context(), client, "rundown", addresses)
		if took := time.Since(begun); len(got) != preflight.MostPages || took > time.Minute {
			t.Errorf("%d pages were looked at in %v", len(got), took)
		}
		for _, problem := range got {
			if problem.Text != "it does not answer within 10s" {
				t.Errorf("told %q", problem.Text)
			}
		}
	})
}

// TestAHostOfAPrivateNetworkIsNotAsked has a server on this machine, as a name of the internet may lead to it.
func TestAHostOfAPrivateNetworkIsNotAsked(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	direct, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	nobody := func(*http.Request) (*url.URL, error) { return nil, nil }
	if answer, err := preflight.NewOutward(nobody).RoundTrip(direct); err == nil || asked.Load() != 0 {
		t.Errorf("it was asked %d times: %v, %v", asked.Load(), answer, err)
	}
	here := func(*http.Request) (*url.URL, error) { return url.Parse(server.URL) }
	page, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://school.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := preflight.NewOutward(here).RoundTrip(page)
	if err != nil || asked.Load() != 1 {
		t.Fatalf("through a proxy of this network it was asked %d times: %v", asked.Load(), err)
	}
	answer.Body.Close()
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: failing{preflight.ErrPrivate}}
		problem := preflight.Pages(t.Context(), client, "rundown", []string{"https://school.example/"})["https://school.example/"]
		if !problem.Doubt || problem.Text != "its host name leads into a private network" || !strings.Contains(problem.Advice, "preflight: false") {
			t.Errorf("told %+v", problem)
		}
	})
}

// bucket answers as a bucket does.
func bucket(code string, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		if r.Method != http.MethodGet || r.URL.Query().Get("max-keys") != "1" {
			w.WriteHeader(http.StatusTeapot) // nothing is changed, and no more than a name is read
			return
		}
		if code == "" {
			fmt.Fprint(w, `<ListBucketResult><Name>videos</Name><Contents><Key>secret-name.ts</Key></Contents></ListBucketResult>`)
			return
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `<Error><Code>%s</Code><Message>CANARY key</Message></Error>`, code)
	})
}

func TestABucketThatDoesNotTakeItsKeysIsFound(t *testing.T) {
	for code, want := range map[string]string{
		"": "", "AccessDenied": "", "NoSuchBucket": "there is no such bucket", "InvalidAccessKeyId": "its access key is not known",
		"SignatureDoesNotMatch": "its secret key is wrong", "AuthorizationHeaderMalformed": "",
	} {
		synctest.Test(t, func(t *testing.T) {
			status := http.StatusForbidden
			if code == "NoSuchBucket" {
				status = http.StatusNotFound
			}
			vendor, _ := catalog.VendorByName("s3-compatible")
			s := &plan.Storage{Name: "videos", Vendor: vendor, Bucket: "videos", Endpoint: "objects.school.example"}
			if !preflight.Checked(s) {
				t.Fatal("it is not looked at")
			}
			if got := preflight.Bucket(t.Context(), memory(t, bucket(code, status)), s, "CANARY", "CANARY", ""); got != want {
				t.Errorf("%s: %q, want %q", code, got, want)
			}
		})
	}
}

// TestABucketOfAnotherRegionIsFound looks at Amazon's host of the region.
func TestABucketOfAnotherRegionIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var host atomic.Value
		vendor, _ := catalog.VendorByName("s3")
		region, _ := vendor.Region("eu-central-1")
		s := &plan.Storage{Name: "videos", Vendor: vendor, Region: region, Bucket: "videos"}
		answers := bucket("AuthorizationHeaderMalformed", http.StatusBadRequest)
		got := preflight.Bucket(t.Context(), memory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host.Store(r.Host)
			answers.ServeHTTP(w, r)
		})), s, "CANARY", "CANARY", "CANARY")
		if got != "it is not in the region EU_CENTRAL_1" || !strings.HasSuffix(host.Load().(string), "s3.eu-central-1.amazonaws.com") && !strings.Contains(host.Load().(string), "eu-central-1") {
			t.Errorf("%q from %v", got, host.Load())
		}
	})
}

func TestALookThatIsCutOffTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		client := &http.Client{Transport: memory(t, nil)}
		if got := preflight.Pages(ctx, client, "rundown", []string{"http://school.example/"}); len(got) > 0 {
			t.Errorf("told %v", got)
		}
	})
}
