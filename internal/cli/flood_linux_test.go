package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rundown/agora/simulator"
)

// hold opens a connection, sends a request that never ends, and waits for the other side to give up; again and again,
// until ctx is done.
func hold(ctx context.Context, address, request string) {
	for ctx.Err() == nil {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			end := context.AfterFunc(ctx, func() { _ = conn.Close() })
			_, _ = io.WriteString(conn, "POST /webhooks/agora HTTP/1.1\r\nHost: daemon\r\n"+request)
			_, _ = io.Copy(io.Discard, conn)
			end()
			_ = conn.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// peak is the most memory that a process has held, in bytes.
func peak(t *testing.T, pid int) (n uint64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscanf(line, "%d kB", &n); err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// sendNotice sends a notification of a session with its signature; status 0: no answer.
func sendNotice(address, sid string) (status int) {
	body := fmt.Sprintf(`{"noticeId":"n-%[1]s","productId":3,"eventType":70,"payload":{"cname":"c","uid":"7","sid":%[1]q,"sequence":1,"details":{}}}`, sid)
	r, err := http.NewRequest(http.MethodPost, "http://"+address+"/webhooks/agora", strings.NewReader(body))
	if err != nil {
		return 0
	}
	simulator.Sign("CANARY-customer-secret", r.Header, []byte(body))
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// TestCallersWithoutSignatureTakeNeitherMemoryNorDescriptors has hundreds of callers hold unfinished requests open
// against a daemon of 64 file descriptors that records a class.
func TestCallersWithoutSignatureTakeNeitherMemoryNorDescriptors(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "1s")
	plan, end := classesNow(t, 1, 25*time.Second)
	begun := time.Now()
	p := startPiped(t, []string{"/bin/sh", "-c", `ulimit -n 64; RUNDOWN_TEST_LOG_QUEUE= exec "$0" "$@"`, binary(t)},
		plan, "--store", "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), "--api-url", address, "--webhook-secret", "${AGORA_SECRET}")
	log := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(p.stderr)
		log <- string(b)
	}()
	eventually(t, 30*time.Second, "it is ready", func() bool {
		status, _ := health(p.listen, "/readyz")
		return status == http.StatusOK
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var callers sync.WaitGroup
	for range 60 {
		for _, request := range []string{
			"Content-Length: 60000\r\n\r\n" + strings.Repeat("x", 50_000),
			"Transfer-Encoding: chunked\r\n\r\nf4240\r\n" + strings.Repeat("x", 990_000),
			"Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 990_000),
			"X-Half: of a hea",
		} {
			callers.Go(func() { hold(ctx, p.listen, request) })
		}
	}
	for range 3 {
		eventually(t, 5*time.Second, "/readyz is answered", func() bool {
			status, _ := health(p.listen, "/readyz")
			return status == http.StatusOK
		})
		eventually(t, 10*time.Second, "a notification with a signature is taken", func() bool { return sendNotice(p.listen, "s") == http.StatusOK })
	}
	stoppedOnTime(t, address, 1, end)
	if most := peak(t, p.cmd.Process.Pid); most > 250<<20 {
		t.Errorf("it held %d MiB", most>>20)
	}
	cancel()
	callers.Wait()
	if status, said := health(p.listen, "/readyz"); status != http.StatusOK || strings.Contains(said, "log-dropped") {
		t.Errorf("/readyz: %d %s", status, said)
	}
	p.terminated()
	said := <-log
	for _, once := range []string{"connections were closed because too many are open", "status=413"} {
		if n, took := strings.Count(said, once), time.Since(begun); n < 1 || n > 1+int(took/time.Minute) {
			t.Errorf("the log says %d times in %s: %s", n, took, once)
		}
	}
	if strings.Contains(said, "too many open files") || bytes.Count([]byte(said), []byte("\n")) > 40 {
		t.Errorf("the log:\n%.4000s", said)
	}
}
