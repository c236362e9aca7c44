package cli

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rundown/runner/web/api"
)

const (
	roomToken = "example-token-of-the-room"
	deskToken = "example-token-of-the-desk"
)

// accessFile names a token of the room in which the class is, and one that may do all.
func accessFile(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, token := range map[string]string{"room": roomToken, "desk": deskToken} {
		write(t, filepath.Join(folder, name), token+"\n")
	}
	path := filepath.Join(folder, "access.yaml")
	write(t, path, fmt.Sprintf("tokens:\n  - {name: room, token: '${file:%s/room}', scopes: ['recording:class']}\n  - {name: desk, token: '${file:%s/desk}', scopes: [operate]}\n", folder, folder))
	return path
}

// call asks a daemon's API; status 0: no answer.
func call(client *http.Client, method, url, token, body string) (status int, text string) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(b)
}

// TestAClassEndsOnASignal: the page or its backend says that the class goes on, and then that the room is empty. The
// simulator's ledger has the end.
func TestAClassEndsOnASignal(t *testing.T) {
	t.Parallel()
	l := inClass(t, 20*time.Second, "--access", accessFile(t))
	client := &http.Client{Timeout: time.Minute}
	current := l.listen + "/api/v1/occurrences/today/class/current"

	status, text := call(client, "POST", current+"/extend", roomToken, `{"by":"15m","reason":"the class goes on"}`)
	if status != http.StatusAccepted || !strings.Contains(text, `"daemon":true`) {
		t.Fatalf("extend: %d %s", status, text)
	}
	eventually(t, 10*time.Second, "the class ends later", func() bool {
		_, text := call(client, "GET", current, roomToken, "")
		var d api.Details
		return json.Unmarshal([]byte(text), &d) == nil && d.Life != nil && d.Life.Extended != nil && !d.Life.Extended.Pending && *d.Life.Extended.Who == "room"
	})
	if status, text := call(client, "POST", current+"/cancel", roomToken, ""); status != http.StatusForbidden {
		t.Errorf("the room cancels: %d %s", status, text)
	}
	if status, text = call(client, "POST", current+"/stop", roomToken, `{"reason":"the room is empty"}`); status != http.StatusAccepted {
		t.Fatalf("stop: %d %s", status, text)
	}
	eventually(t, 20*time.Second, "the session is stopped", func() bool {
		sessions := readLedger(t, l.address).Sessions
		return len(sessions) == 1 && sessions[0].StoppedAt != nil && sessions[0].StopReason == "stop"
	})
	eventually(t, 10*time.Second, "history tells", func() bool {
		_, out, _ := command(t, "history", "class", "--store", l.dsn)
		return strings.Contains(out, "cancelled") && strings.Contains(out, "the room is empty")
	})
	if status, text := call(client, "GET", l.listen+"/api/v1/status", deskToken, ""); status != http.StatusOK || !strings.Contains(text, `"running":true`) {
		t.Errorf("status: %d %s", status, text)
	}
	l.process.end(syscall.SIGTERM)
}

// TestAThousandConnectionsAndSlowBodiesHoldNothingUp: a class is recorded and stopped on time, and who has a token is
// answered.
func TestAThousandConnectionsAndSlowBodiesHoldNothingUp(t *testing.T) {
	t.Parallel()
	l := inClass(t, 25*time.Second, "--access", accessFile(t))
	address := strings.TrimPrefix(l.listen, "http://")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var callers sync.WaitGroup
	slow := "POST /api/v1/occurrences/today/class/current/stop HTTP/1.1\r\nHost: daemon\r\nAuthorization: Bearer " + roomToken + "\r\nContent-Type: application/json\r\n"
	for i := range 1000 {
		request := [...]string{"", "GET /api/v1/status HTT", slow + "Content-Length: 60000\r\n\r\n{\"reason\":\"x", slow + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"rea"}[i%4]
		callers.Go(func() { holdOpen(ctx, address, request) })
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 3 {
		eventually(t, 10*time.Second, "who has a token is answered", func() bool {
			status, _ := call(client, "GET", l.listen+"/api/v1/status", deskToken, "")
			return status == http.StatusOK
		})
	}
	stoppedOnTime(t, l.address, 1, l.end)
	cancel()
	callers.Wait()
	if sessions := readLedger(t, l.address).Sessions; len(sessions) != 1 {
		t.Errorf("%d sessions", len(sessions))
	}
	eventually(t, 10*time.Second, "the class has ended", func() bool {
		_, out, _ := command(t, "history", "class", "--store", l.dsn)
		return strings.Contains(out, "of the class are missing") // its first seconds, before the daemon was started
	})
	l.process.end(syscall.SIGTERM)
}

// holdOpen opens a connection, sends what begins a request, and waits until the other side gives up.
func holdOpen(ctx context.Context, address, request string) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	_, _ = io.WriteString(conn, request)
	_, _ = io.Copy(io.Discard, conn)
}

// selfSigned writes a certificate for 127.0.0.1 with a serial number, and its key.
func selfSigned(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "rundown.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTLSIsServedFromFilesThatAreReadAgain, on an address of the network, where the API needs it.
func TestTLSIsServedFromFilesThatAreReadAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cert, key, plan := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), filepath.Join(folder, "today.yaml")
	selfSigned(t, cert, key, 1)
	write(t, plan, aroundNow+"  class: {when: 2091-09-17 09:00-09:50}\n")
	access := accessFile(t)
	run := func(more ...string) *process {
		return start(t, "stderr", canaries, append([]string{"run", plan, "--simulate", "--listen", "0.0.0.0:0"}, more...)...)
	}
	p := run("--access", access, "--tls-cert", cert, "--tls-key", key)
	_, at, _ := strings.Cut(p.await(1, "msg=running"), "listen=")
	at, _, _ = strings.Cut(at, " ")
	if !strings.HasPrefix(at, "https://") {
		t.Fatalf("it listens at %s", at)
	}
	at = "https://127.0.0.1:" + at[strings.LastIndex(at, ":")+1:]
	serial := func() (n int64, status int) {
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(c tls.ConnectionState) error {
			n = c.PeerCertificates[0].SerialNumber.Int64()
			return nil
		}}}
		status, _ = call(&http.Client{Timeout: time.Minute, Transport: transport}, "GET", at+"/api/v1/status", deskToken, "")
		return n, status
	}
	if n, status := serial(); n != 1 || status != http.StatusOK {
		t.Errorf("certificate %d, status %d", n, status)
	}
	write(t, cert, "half of a renewal")
	eventually(t, 10*time.Second, "the half is told", func() bool {
		_, _ = serial() // which looks at the files
		return strings.Contains(p.output(), "certificate not reloaded")
	})
	if n, status := serial(); n != 1 || status != http.StatusOK {
		t.Errorf("while it is renewed: certificate %d, status %d", n, status)
	}
	selfSigned(t, cert, key, 2)
	eventually(t, 10*time.Second, "the new certificate is served", func() bool { n, _ := serial(); return n == 2 })
	p.end(syscall.SIGTERM)

	p = run("--access", access)
	if line := p.await(1, "--tls-cert"); !strings.Contains(line, "everybody on the way could read the tokens") {
		t.Errorf("without TLS: %s", line)
	}
	p = run()
	_, at, _ = strings.Cut(p.await(1, "msg=running"), "listen=")
	at, _, _ = strings.Cut(at, " ")
	at = "127.0.0.1:" + at[strings.LastIndex(at, ":")+1:]
	if status, _ := health(at, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d", status)
	}
	if status, text := health(at, "/api/v1/status"); status != http.StatusForbidden || !strings.Contains(text, "--access") {
		t.Errorf("the API without an access file: %d %s", status, text)
	}
	p.end(syscall.SIGTERM)
}

// TestAStreamTellsOfAClassToItsEnd, without any notify in the plan. The limits of a request, which are shorter than the
// class, do not end the stream.
func TestAStreamTellsOfAClassToItsEnd(t *testing.T) {
	t.Parallel()
	l := inClass(t, 32*time.Second, "--access", accessFile(t))
	follow := func(path, want string) <-chan error {
		r, err := http.NewRequestWithContext(t.Context(), "GET", l.listen+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+deskToken)
		response, err := (&http.Client{}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		found := make(chan error, 1)
		go func() {
			lines := bufio.NewScanner(response.Body)
			for lines.Scan() {
				if strings.Contains(lines.Text(), want) {
					found <- nil
					return
				}
			}
			found <- fmt.Errorf("%s ended before %s: %w", path, want, lines.Err())
		}()
		return found
	}
	within := time.After(time.Until(l.end) + l.late + 30*time.Second)
	for _, found := range []<-chan error{
		follow("/api/v1/events?event=class.recorded&event=class.partial", `"type":"rundown.class.`),
		follow("/api/v1/changes", `"kind":"state","who":null,"text":"ended"`),
	} {
		select {
		case err := <-found:
			if err != nil {
				t.Error(err)
			}
		case <-within:
			t.Fatal("a stream does not tell of the end")
		}
	}
	l.process.end(syscall.SIGTERM)
}
