package agora

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/catalog"
)

// transport is a service in memory.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

var (
	errDNS     = &net.DNSError{Err: "no such host", Name: "api.example.net", IsNotFound: true}
	errConnect = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errReset   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

// tries plays a call against a service and gives where and when it was asked, as host@seconds.
func tries(t *testing.T, service transport, call func(*App) error, opts ...Option) ([]string, error) {
	t.Helper()
	start := time.Now()
	var at []string
	c, err := New(fixedCredentials, append(opts, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme != "https" || r.Host != "" && r.Host != r.URL.Host {
			t.Errorf("asked %s for %s", r.URL, r.Host)
		}
		at = append(at, fmt.Sprintf("%s@%g", r.URL.Host, time.Since(start).Seconds()))
		return service(r)
	})))...)
	if err != nil {
		t.Fatal(err)
	}
	err = call(c.App("app", NewBudget(10)))
	return at, err
}

func TestHostsAreTriedInTheDocumentedOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		opts []Option
		err  error
		want []string
	}{
		{"a name that is not found", nil, errDNS, []string{"api.agora.io@0", "api.agora.io@1", "api.sd-rtn.com@4", "api-us-west-1.agora.io@10"}},
		{"no connection: not the other primary", nil, errConnect, []string{"api.agora.io@0", "api.agora.io@1", "api-us-west-1.agora.io@4", "api-eu-west-1.agora.io@10"}},
		{
			"in Europe",
			[]Option{WithRegion(catalog.RegionEU)},
			errDNS,
			[]string{"api.agora.io@0", "api.agora.io@1", "api.sd-rtn.com@4", "api-eu-central-1.agora.io@10"},
		},
		{
			"in mainland China",
			[]Option{WithRegion(catalog.RegionCN)},
			errDNS,
			[]string{"api.sd-rtn.com@0", "api.sd-rtn.com@1", "api.agora.io@4", "api-cn-east-1.sd-rtn.com@10"},
		},
		{
			"one base URL has no other",
			[]Option{WithBaseURL("https://stage.example.net")},
			errDNS,
			[]string{"stage.example.net@0", "stage.example.net@1", "stage.example.net@4", "stage.example.net@10"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, call := range []func(*App) error{callAcquire, callStart, callQuery, callStop} {
				synctest.Test(t, func(t *testing.T) {
					got, err := tries(t, func(*http.Request) (*http.Response, error) { return nil, c.err }, call, c.opts...)
					if !slices.Equal(got, c.want) {
						t.Errorf("got %q, want %q", got, c.want)
					}
					var e *Error
					if !errors.As(err, &e) || e.Result != Retry || e.Sent || !errors.Is(err, c.err) {
						t.Errorf("got %#v", err)
					}
				})
			}
		})
	}
}

func TestWhatMayHaveHadAnEffectIsNotRepeated(t *testing.T) {
	for name, call := range map[string]func(*App) error{
		"acquire": callAcquire, "start": callStart, "stop": callStop,
		"update": func(a *App) error { _, err := a.Update(context.Background(), "r", "s", UpdateRequest{}); return err },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := tries(t, func(*http.Request) (*http.Response, error) { return nil, errReset }, call)
				want := Unknown
				if name == "acquire" {
					want = Retry
				}
				var e *Error
				if len(got) != 1 || !errors.As(err, &e) || e.Result != want || !e.Sent || !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("%q, %v", got, err)
				}
				for _, status := range []int{500, 502, 503, 504, 206, 201, 404, 400} {
					got, err := tries(t, func(*http.Request) (*http.Response, error) { return respond(status, "{}"), nil }, call)
					if len(got) != 1 || err == nil {
						t.Errorf("HTTP %d: %q, %v", status, got, err)
					}
				}
			})
		})
	}
}

func TestAQueryIsRepeatedWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		got, err := tries(t, func(*http.Request) (*http.Response, error) {
			if n++; n < 3 {
				return nil, errReset
			}
			return respond(200, `{"serverResponse":{"status":4}}`), nil
		}, callQuery)
		if want := []string{"api.agora.io@0", "api.agora.io@1", "api-us-west-1.agora.io@4"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
}

func TestATryHasItsTimeLimit(t *testing.T) {
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	for name, c := range map[string]struct {
		call func(*App) error
		want time.Duration
	}{
		"start":             {callStart, 10 * time.Second},
		"stop, synchronous": {callStop, 35 * time.Second},
		"stop, asynchronous": {func(a *App) error {
			_, err := a.Stop(context.Background(), "r", "s", StopRequest{ClientRequest: StopClientRequest{AsyncStop: true}})
			return err
		}, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := tries(t, hang, c.call)
				if took := time.Since(start); took != c.want || ResultOf(err) != Unknown {
					t.Errorf("%v after %v", err, took)
				}
				if errors.Is(err, context.DeadlineExceeded) {
					t.Error("passes for the caller's own deadline")
				}
			})
		})
	}
	t.Run("a body that does not end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, err := tries(t, func(r *http.Request) (*http.Response, error) {
				resp := respond(200, "")
				resp.Body = io.NopCloser(reader(func([]byte) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() }))
				return resp, nil
			}, callStart)
			if ResultOf(err) != Unknown || !strings.Contains(err.Error(), "cut short") {
				t.Errorf("got %v", err)
			}
		})
	})
}

type reader func([]byte) (int, error)

func (f reader) Read(p []byte) (int, error) { return f(p) }

func TestA429IsRepeatedAsTheServiceAsks(t *testing.T) {
	const limited = `{"message":"API rate limit exceeded"}`
	ok := `{"sid":"s"}`
	for _, c := range []struct {
		name   string
		header []string
		times  int
		want   []string
		result Result
	}{
		{"without a hint: 1, 3, 6 s", nil, 3, []string{"api.agora.io@0", "api.agora.io@1", "api.agora.io@4", "api.agora.io@10"}, Done},
		{"with seconds", []string{"Retry-After", "2"}, 2, []string{"api.agora.io@0", "api.agora.io@2", "api.agora.io@4"}, Done},
		{
			"with a date, by the service's clock",
			[]string{"Retry-After", "Wed, 17 Sep 2031 17:00:05 GMT", "Date", "Wed, 17 Sep 2031 17:00:00 GMT"},
			1,
			[]string{"api.agora.io@0", "api.agora.io@5"},
			Done,
		},
		{"too long to wait here", []string{"Retry-After", "6"}, 9, []string{"api.agora.io@0"}, Wait},
		{"without end", []string{"Retry-After", "1"}, 9, []string{"api.agora.io@0", "api.agora.io@1", "api.agora.io@2", "api.agora.io@3"}, Wait},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				got, err := tries(t, func(*http.Request) (*http.Response, error) {
					if n++; n <= c.times {
						return respond(429, limited, c.header...), nil
					}
					return respond(200, ok), nil
				}, callStart)
				if !slices.Equal(got, c.want) || ResultOf(err) != c.result || (VerdictOf(err) == VerdictRateLimited) != (c.result == Wait) {
					t.Errorf("got %q, %v, want %q", got, err, c.want)
				}
			})
		})
	}
}

func TestAPauseThatDoesNotFitTheContextIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		call := func(a *App) error { _, err := a.Start(ctx, "r", exampleStart()); return err }
		got, err := tries(t, func(*http.Request) (*http.Response, error) {
			return respond(429, "", "Retry-After", "4"), nil
		}, call)
		var e *Error
		if !errors.As(err, &e) || e.Result != Wait || e.RetryAfter != 4*time.Second || len(got) != 1 || time.Since(start) != 0 {
			t.Errorf("%q, %v after %v", got, err, time.Since(start))
		}
	})
}

func TestACancelledCallSaysWhatItHadLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		call := func(a *App) error { _, err := a.Start(ctx, "r", exampleStart()); return err }
		_, err := tries(t, func(*http.Request) (*http.Response, error) { return nil, errConnect }, call)
		var e *Error
		if !errors.As(err, &e) || e.Sent || e.Result != Retry || !errors.Is(err, context.Canceled) || !errors.Is(err, errConnect) {
			t.Errorf("cancelled in a pause: %v", err)
		}

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		_, err = tries(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, call)
		if !errors.As(err, &e) || !e.Sent || e.Result != Unknown || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled under way: %v", err)
		}

		got, err := tries(t, nil, call) // the context has ended
		if !errors.As(err, &e) || e.Sent || e.Result != Retry || !errors.Is(err, context.Canceled) || len(got) != 0 {
			t.Errorf("cancelled before: %q, %v", got, err)
		}
	})
}

func TestTheHostThatAnsweredIsAskedFirstForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		down := true
		c, err := New(fixedCredentials, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.Host)
			if down && r.URL.Host == "api.agora.io" {
				return nil, errDNS
			}
			return respond(200, `{"serverResponse":{"status":4}}`), nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		app := c.App("app", nil)
		query := func() string {
			asked = nil
			if err := callQuery(app); err != nil {
				t.Error(err)
			}
			return strings.Join(asked, " ")
		}
		if got := query(); got != "api.agora.io api.agora.io api.sd-rtn.com" {
			t.Errorf("first: %s", got)
		}
		time.Sleep(4*time.Minute + 50*time.Second) // virtual: not quite as long as a failed host is left alone
		if got := query(); got != "api.sd-rtn.com" {
			t.Errorf("remembered: %s", got)
		}
		down = false
		time.Sleep(10 * time.Second) // virtual: until it is asked again
		if got := query(); got != "api.agora.io" {
			t.Errorf("afterwards: %s", got)
		}
	})
}

func TestAHostWhoseAnswersAreNotTheServicesIsAskedOnceMoreAndThenTheNext(t *testing.T) {
	const page, refusal, limited = "<html><title>maintenance</title>", `{"code":500,"reason":"internal_error"}`, `{"message":"API rate limit exceeded"}`
	for name, c := range map[string]struct {
		status int
		body   string
		want   []string
	}{
		"a page":              {502, page, []string{"api.agora.io@0", "api.agora.io@0", "api.sd-rtn.com@0", "api.sd-rtn.com@0", "api-us-west-1.agora.io@0"}},
		"a page as a 404":     {404, page, []string{"api.agora.io@0", "api.agora.io@0", "api.sd-rtn.com@0", "api.sd-rtn.com@0", "api-us-west-1.agora.io@0"}},
		"the service":         {500, refusal, []string{"api.agora.io@0", "api.agora.io@0", "api.agora.io@0", "api.agora.io@0", "api.agora.io@0"}},
		"too many requests":   {429, limited, []string{"api.agora.io@0", "api.agora.io@0", "api.agora.io@0", "api.agora.io@0", "api.agora.io@0"}},
		"the service answers": {0, "", []string{"api.agora.io@0", "api.agora.io@0", "api.agora.io@0", "api.agora.io@0", "api.agora.io@0"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				got, _ := tries(t, func(*http.Request) (*http.Response, error) {
					if n++; c.status == 0 && n%2 == 0 {
						return respond(400, `{"code":2}`), nil
					}
					return respond(cmp.Or(c.status, 502), cmp.Or(c.body, page), "Retry-After", "60"), nil
				}, func(a *App) (err error) {
					for range 5 {
						err = callStart(a)
					}
					return err
				})
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestAStartWithoutAnAnswerGoesToAnotherHostNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		c, err := New(fixedCredentials, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			if asked = append(asked, r.URL.Host); len(asked) == 1 {
				return nil, errReset
			}
			return respond(201, `{"code":7,"reason":"already started"}`), nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		first, second := callStart(c.App("app", nil)), callStart(c.App("app", nil))
		if ResultOf(first) != Unknown || VerdictOf(second) != VerdictAlreadyStarted {
			t.Errorf("%v; %v", first, second)
		}
		if want := []string{"api.agora.io", "api-us-west-1.agora.io"}; !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	})
}

func TestRepeatsAskForTheCredentialsAndTheBudgetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		creds := func(context.Context) (string, string, error) { n++; return "id", fmt.Sprint("secret-", n), nil }
		var secrets []string
		var seen []Exchange
		c, err := New(creds, WithObserver(func(x Exchange) { seen = append(seen, x) }), WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			_, secret, _ := r.BasicAuth()
			secrets = append(secrets, secret)
			if len(secrets) == 1 {
				return respond(429, `{"message":"API rate limit exceeded"}`), nil
			}
			return respond(200, `{"resourceId":"r"}`, "X-Request-Id", "req-2"), nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		b := NewBudget(2)
		if err := callAcquire(c.App("app", b)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(secrets, []string{"secret-1", "secret-2"}) {
			t.Errorf("secrets %q", secrets)
		}
		want := []Exchange{
			{App: "app", Op: OpAcquire, Host: "api.agora.io", Attempt: 1, Status: 429, Result: Wait, Verdict: VerdictRateLimited, Sent: true},
			{App: "app", Op: OpAcquire, Host: "api.agora.io", Attempt: 2, Status: 200, Result: Done, Verdict: VerdictDone, Sent: true, RequestID: "req-2", Waited: budgetGuard},
		}
		if !slices.Equal(seen, want) {
			t.Errorf("got %+v\nwant %+v", seen, want)
		}
	})
}

func TestAStartFollowsItsAcquireWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Time
		waits := map[Op]time.Duration{}
		c, err := New(fixedCredentials,
			WithObserver(func(x Exchange) {
				mu.Lock()
				defer mu.Unlock()
				waits[x.Op] = max(waits[x.Op], x.Waited)
			}),
			WithTransport(transport(func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				at = append(at, time.Now())
				n := len(at)
				mu.Unlock()
				time.Sleep(300 * time.Millisecond)
				return respond(200, fmt.Sprintf(`{"resourceId":"r%d","sid":"s"}`, n)), nil
			})))
		if err != nil {
			t.Fatal(err)
		}
		app := c.App("app", NewBudget(10))
		var all sync.WaitGroup
		for range 60 {
			all.Go(func() {
				r, err := app.Acquire(t.Context(), AcquireRequest{})
				if err == nil {
					_, err = app.Start(t.Context(), r.ResourceID, exampleStart())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if waits[OpStart] != 0 || waits[OpAcquire] == 0 {
			t.Errorf("waited for the budget: %v", waits)
		}
		if most := mostInASecond(at); most > 10 {
			t.Errorf("%d requests in a second", most)
		}
	})
}

func TestOverTheWireOnlyWhatNeverGotAConnectionCountsAsNotSent(t *testing.T) {
	start := func(base string) *Error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c, err := New(fixedCredentials, WithBaseURL(base), WithObserver(func(Exchange) { cancel() })) // one try
		if err != nil {
			t.Fatal(err)
		}
		var e *Error
		if _, err := c.App("app", nil).Start(ctx, "r", exampleStart()); !errors.As(err, &e) {
			t.Fatalf("got %v", err)
		}
		return e
	}

	gone := httptest.NewServer(nil)
	gone.Close()
	if e := start(gone.URL); e.Sent || e.Result != Retry {
		t.Errorf("nobody listens: %+v", e)
	}

	untrusted := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of the handshake
	untrusted.StartTLS()
	defer untrusted.Close()
	if e := start(untrusted.URL); e.Sent || e.Result != Retry || !strings.Contains(e.Error(), "certificate") {
		t.Errorf("a certificate that nobody vouches for: %+v", e)
	}

	var served atomic.Int32
	drops := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	}))
	defer drops.Close()
	if e := start(drops.URL); !e.Sent || e.Result != Unknown || served.Load() != 1 {
		t.Errorf("the connection breaks after the request: %+v, served %d", e, served.Load())
	}
}
