package agora

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// speak answers each request on a listener of its own with bytes as they are, and then closes the connection.
func speak(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, answer)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func TestOddAnswersOverTheWireAreToldInOneLineAndDoubtedWhereTheyShouldBe(t *testing.T) {
	t.Parallel()
	var junk bytes.Buffer
	z := gzip.NewWriter(&junk)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 8<<20))
	_ = z.Close()
	sized := func(header, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", header, len(body), body)
	}
	const good = `{"resourceId":"r","sid":"s","serverResponse":{"status":4}}`
	for _, c := range []struct {
		name, answer string
		start, query Result
		says         string
	}{
		{"a proxy's page as a success", sized("200 OK\r\nContent-Type: text/html", "<html>welcome to the hotel</html>"), Unknown, Retry, "not a JSON object"},
		{"a proxy's page as a failure", sized("502 Bad Gateway\r\nContent-Type: text/html", "<html>no</html>"), Retry, Retry, "not a JSON object"},
		{"the wrong type with the right body", sized("200 OK\r\nContent-Type: text/plain", good), Done, Done, ""},
		{"nothing, and that on purpose", "HTTP/1.1 204 No Content\r\n\r\n", Unknown, Retry, "empty"},
		{"half of what was promised", "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + good[:20], Unknown, Retry, "cut short"},
		{"a chunk that does not end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + good, Unknown, Retry, "cut short"},
		{"no gzip, although it says so", sized("200 OK\r\nContent-Encoding: gzip", good), Unknown, Retry, "another encoding"},
		{"half of the gzip", sized("200 OK\r\nContent-Encoding: gzip", junk.String()[:junk.Len()/2]), Unknown, Retry, "larger than 1 MiB"},
		{"a small gzip of a large body", sized("200 OK\r\nContent-Encoding: gzip", junk.String()), Unknown, Retry, "larger than 1 MiB"},
		{"a redirect to another host", sized("307 Temporary Redirect\r\nLocation: https://elsewhere.example/", ""), Wait, Wait, "redirects are not followed"},
		{"no HTTP", "SSH-2.0-OpenSSH_9.9\r\n", Unknown, Retry, "malformed HTTP"},
		{"headers without an end", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Filler: "+strings.Repeat("x", 4000)+"\r\n", 400), Unknown, Retry, "exceeded"},
		{"an array", sized("200 OK", "[1,2]"), Unknown, Retry, "not a JSON object"},
		{"a deep hole", sized("200 OK", strings.Repeat("[", 200_000)), Unknown, Retry, "not a JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := speak(t, c.answer)
			for op, call := range map[Op]func(*App) error{OpStart: callStart, OpQuery: func(a *App) error {
				for room := 900 * time.Millisecond; ; room *= 4 { // no time for repeats, more only where the machine needs it
					ctx, cancel := context.WithTimeout(context.Background(), room)
					_, err := a.Query(ctx, "r", "s")
					slow := ctx.Err() != nil && room < time.Minute
					if cancel(); !slow {
						return err
					}
				}
			}} {
				client, err := New(fixedCredentials, WithBaseURL(base))
				if err != nil {
					t.Fatal(err)
				}
				want := c.start
				if op == OpQuery {
					want = c.query
				}
				err = call(client.App("app", nil))
				if ResultOf(err) != want || err != nil && (!strings.Contains(err.Error(), c.says) || strings.ContainsAny(err.Error(), "\n\r")) {
					t.Errorf("%s: %v, want %v and %q: %v", op, ResultOf(err), want, c.says, err)
				}
				client.transport.(*pool).CloseIdleConnections()
			}
		})
	}
}

func TestAnAnswerThatTricklesHasTheTimeOfATryAndNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		call func(*App) error
		want Result
	}{"start": {callStart, Unknown}, "acquire": {callAcquire, Retry}} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			_, err := tries(t, func(r *http.Request) (*http.Response, error) {
				resp := respond(200, "")
				resp.Body = io.NopCloser(reader(func(p []byte) (int, error) {
					select {
					case <-time.After(time.Second):
						p[0] = ' '
						return 1, nil
					case <-r.Context().Done():
						return 0, r.Context().Err()
					}
				}))
				return resp, nil
			}, c.call)
			if took := time.Since(begun); took != 10*time.Second || ResultOf(err) != c.want || !strings.Contains(err.Error(), "cut short") {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		})
	}
}

// certificate is one for a name and a time, that vouches for itself.
func certificate(t *testing.T, name string, from, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestAHostThatCannotBeTrustedOrFoundIsSentNothing(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		name        string
		host        string // of the certificate; "": there is no server
		from, until time.Time
		says        string
	}{
		{"a certificate that ran out", "localhost", now.Add(-48 * time.Hour), now.Add(-24 * time.Hour), "expired"},
		{"a certificate that is not valid yet", "localhost", now.Add(24 * time.Hour), now.Add(48 * time.Hour), "not yet valid"},
		{"a certificate of another host", "other.example", now.Add(-time.Hour), now.Add(time.Hour), "other.example"},
		{"a name that nobody knows", "", now, now, "nobody.invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			transport := newTransport()
			defer transport.CloseIdleConnections()
			base := "https://nobody.invalid"
			if c.host != "" {
				cert, pool := certificate(t, c.host, c.from, c.until)
				transport.TLSClientConfig.RootCAs = pool
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
				server.Config.ErrorLog = log.New(io.Discard, "", 0)
				server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
				server.StartTLS()
				defer server.Close()
				_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
				base = "https://localhost:" + port
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			client, err := New(fixedCredentials, WithBaseURL(base), WithTransport(transport), WithObserver(func(Exchange) { cancel() })) // one try
			if err != nil {
				t.Fatal(err)
			}
			var e *Error
			_, err = client.App("app", nil).Start(ctx, "r", exampleStart())
			if !errors.As(err, &e) || e.Sent || e.Result != Retry || !strings.Contains(e.Error(), c.says) || strings.Contains(e.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
}
