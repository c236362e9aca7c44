package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// postman stands between the simulator and the daemon, as a proxy does, and gives what it hands over to the daemon a
// second time, altered.
type postman struct {
	mu       sync.Mutex
	to       string
	answers  map[int]int // by status
	altered  map[int]int
	troubles []error
}

func (p *postman) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || p.to == "" {
		w.WriteHeader(http.StatusServiceUnavailable) // it is sent again
		return
	}
	hand := func(body []byte, answers map[int]int) int {
		onward, _ := http.NewRequest(http.MethodPost, p.to, bytes.NewReader(body))
		onward.Header = r.Header.Clone()
		response, err := http.DefaultClient.Do(onward)
		if err != nil {
			if !hungUp(err) {
				p.troubles = append(p.troubles, err)
			}
			return http.StatusBadGateway // it is sent again
		}
		defer response.Body.Close()
		answers[response.StatusCode]++
		return response.StatusCode
	}
	hand(append(bytes.Clone(body), ' '), p.altered)
	w.WriteHeader(hand(body, p.answers))
}

// deliver says where the daemon is; nowhere when empty.
func (p *postman) deliver(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
}

// TestANotificationTellsTheDaemonOfADeath lets a session die long before the next query is due: that the class has
// another one within its half minute is the notification's doing.
func TestANotificationTellsTheDaemonOfADeath(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	post := &postman{answers: map[int]int{}, altered: map[int]int{}}
	proxy := httptest.NewServer(post)
	t.Cleanup(proxy.Close)
	address, _ := serve(t, "--start-after", "1s", "--callback", proxy.URL, "--callback-secret", "CANARY-webhook-secret",
		"--faults", write("faults.yaml", "sessions: [{after: 12s, stop: recorder_error}]\nnotices: [{copies: 1}]\n"))
	from := time.Now().UTC().Truncate(time.Second).Add(-4 * time.Second)
	plan := write("today.yaml", strings.Replace(aroundNow, "padding:", "min_remainder: 1s, padding:", 1)+
		fmt.Sprintf("  class: {when: %s}\n", dated(from, paceNow().of(28*time.Second))))
	dsn := "sqlite:" + filepath.Join(folder, "rundown.db")
	daemon := start(t, "stderr", append(canaries, "HOOK=CANARY-webhook-secret"), "run", plan, "--store", dsn, "--api-url", address,
		"--listen", "127.0.0.1:0", "--webhook-secret", "${HOOK}")
	_, listen, _ := strings.Cut(daemon.await(1, "msg=running"), "listen=")
	listen, _, _ = strings.Cut(listen, " ")
	post.deliver(listen + "/webhooks/agora")
	daemon.await(1, "outcome=")
	post.deliver("") // what comes now finds nobody
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}

	post.mu.Lock()
	defer post.mu.Unlock()
	if len(post.troubles) > 0 || post.answers[http.StatusOK] < 3 || len(post.answers) != 1 || post.altered[http.StatusUnauthorized] < 3 || len(post.altered) != 1 {
		t.Errorf("answers %v, to altered ones %v, %v", post.answers, post.altered, post.troubles)
	}
	if n := len(readLedger(t, address).Sessions); n < 2 {
		t.Errorf("%d sessions: nobody noticed the death", n)
	}
	o := outcomesOf(t, dsn)["class"]
	if o.Outcome == nil || *o.Outcome != "partial" || len(o.Gaps) == 0 {
		t.Errorf("the class ended %s with gaps %v", orUnknown(o.Outcome), o.Gaps)
	}
	status, story, _ := command(t, "history", o.ID, "--store", dsn)
	if status != StatusOK || strings.Count(story, "session 1: notification: ") < 2 || !strings.Contains(story, "recorder_error") {
		t.Errorf("its story, with status %d:\n%s", status, story)
	}
	if strings.Contains(daemon.output()+story, "CANARY") {
		t.Error("a secret is told")
	}
}
