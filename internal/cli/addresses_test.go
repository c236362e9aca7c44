package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rundown/runner/addresses"
)

// addressService answers for the list of addresses, which may be replaced, and for nothing else.
func addressService(t *testing.T) (url string, list *atomic.Value, asked *atomic.Int32) {
	t.Helper()
	list, asked = &atomic.Value{}, &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, secret, _ := r.BasicAuth(); id != "customer" || secret != "CANARY-customer-secret" || r.URL.Path != "/v1/ncs/ip" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"no Route matched with those values"}`)
			return
		}
		asked.Add(1)
		var hosts []string
		for a := range strings.FieldsSeq(list.Load().(string)) {
			hosts = append(hosts, fmt.Sprintf(`{"primaryIP":%q}`, a))
		}
		_, _ = fmt.Fprintf(w, `{"data":{"service":{"hosts":[%s]}}}`, strings.Join(hosts, ","))
	}))
	t.Cleanup(server.Close)
	return server.URL, list, asked
}

// runBinary runs the binary with an environment to its end.
func runBinary(t *testing.T, env []string, args ...string) (out, errs string, status int) {
	t.Helper()
	var o, e strings.Builder
	cmd := exec.CommandContext(t.Context(), "rundown", args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), &o, &e
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

func TestTheAddressesOfNotificationsArePrinted(t *testing.T) {
	t.Parallel()
	url, list, _ := addressService(t)
	list.Store("203.0.113.9 198.51.100.20")
	folder := t.TempDir()
	plan, dsn := filepath.Join(folder, "plan.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	text, _ := growing(1, "")
	write(t, plan, text)
	for _, tt := range []struct {
		name  string
		env   []string
		args  []string
		out   string
		fails string // on standard error
	}{
		{"one a line", canaries, []string{plan, "--api-url", url}, "198.51.100.20\n203.0.113.9\n", ""},
		{"as JSON", canaries, []string{plan, "--api-url", url, "--format", "json"}, "{\n  \"addresses\": [\n    \"198.51.100.20\",\n    \"203.0.113.9\"\n  ]\n}\n", ""},
		{"of the simulator, which needs no variable", nil, []string{plan, "--simulate"}, "127.0.0.1\n", ""},
		{"with credentials that are not set", nil, []string{plan, "--api-url", url}, "", "account.customer_id"},
		{"with credentials that are refused", append([]string{"AGORA_ID=other"}, canaries[1:]...), []string{plan, "--api-url", url}, "", "no Route matched"},
		{"without a plan and without a store", canaries, []string{"--api-url", url, "--store", dsn}, "", "store does not exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, status := runBinary(t, tt.env, append([]string{"addresses"}, tt.args...)...)
			if out != tt.out || (status == StatusOK) != (tt.fails == "") || !strings.Contains(errs, tt.fails) || strings.Contains(errs, "CANARY") {
				t.Errorf("status %d\n%s\n%s", status, out, errs)
			}
		})
	}
}

// TestADaemonThatTakesNotificationsTellsOfNewAddresses starts it a second time with another list.
func TestADaemonThatTakesNotificationsTellsOfNewAddresses(t *testing.T) {
	t.Parallel()
	url, list, asked := addressService(t)
	folder := t.TempDir()
	plan, dsn := filepath.Join(folder, "plan.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	text, _ := growing(1, "")
	write(t, plan, text)
	args := []string{"run", plan, "--store", dsn, "--api-url", url, "--listen", "127.0.0.1:0"}
	end := func(daemon *process) {
		t.Helper()
		if status := daemon.end(syscall.SIGTERM); status != StatusOK {
			t.Errorf("status %d", status)
		}
	}
	list.Store("203.0.113.9 198.51.100.20")
	deaf := start(t, "stderr", canaries, args...)
	deaf.await(1, "msg=running")
	end(deaf)
	if n := asked.Load(); n != 0 {
		t.Errorf("a daemon that takes no notifications asked %d times", n)
	}
	args = append(args, "--webhook-secret", "${HOOK}")
	env := append([]string{"HOOK=CANARY"}, canaries...)
	first := start(t, "stderr", env, args...)
	first.await(1, "level=INFO", "notifications come from 198.51.100.20, 203.0.113.9")
	end(first)
	list.Store("203.0.113.9 192.0.2.1")
	const issue = "addresses-changed: the addresses that notifications come from changed on "
	second := start(t, "stderr", env, args...)
	address := second.awaitListen()
	second.await(1, "level=WARN", "firewall", "added=192.0.2.1", "removed=198.51.100.20")
	if status, body := health(address, "/readyz"); status != http.StatusOK || !strings.Contains(body, issue) || !strings.Contains(body, ": new are 192.0.2.1; gone are 198.51.100.20; let the new ones through the firewall") {
		t.Errorf("/readyz answers %d: %s", status, body)
	}
	end(second)
	third := start(t, "stderr", env, args...) // the list is as before, and somebody may not have seen the change yet
	address = third.awaitListen()
	eventually(t, time.Minute, "/readyz lists the change after a restart", func() bool {
		status, body := health(address, "/readyz")
		return status == http.StatusOK && strings.Contains(body, issue)
	})
	end(third)
	out, errs, status := runBinary(t, canaries, "addresses", "--store", dsn, "--api-url", url)
	if status != StatusOK || out != "192.0.2.1\n203.0.113.9\n" {
		t.Errorf("with the account of the active plan: status %d\n%s\n%s", status, out, errs)
	}
}

// TestAddressesThatComeBackAreAnotherIssue has the same addresses come a second time: the issue is told by what it is about.
func TestAddressesThatComeBackAreAnotherIssue(t *testing.T) {
	t.Parallel()
	about := func(at time.Time) string {
		t.Helper()
		var m movedAddresses
		m.changes.Store(&[]addresses.Change{{Added: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, At: at}})
		issues := m.issues()
		if len(issues) != 1 {
			t.Fatalf("%+v, want one issue", issues)
		}
		return issues[0].About
	}
	first := time.Date(2031, 9, 15, 9, 0, 0, 0, time.UTC)
	if one, same, again := about(first), about(first), about(first.Add(48*time.Hour)); one != same || one == again {
		t.Errorf("the issues are about %q, %q and %q", one, same, again)
	}
}

func TestWatchingAddressesPrintsTheListUntilItIsEnded(t *testing.T) {
	t.Parallel()
	url, list, _ := addressService(t)
	list.Store("203.0.113.9 198.51.100.20")
	plan := filepath.Join(t.TempDir(), "plan.yaml")
	text, _ := growing(1, "")
	write(t, plan, text)
	for format, want := range map[string]string{"text": "203.0.113.9", "json": `{"addresses":["198.51.100.20","203.0.113.9"],"added":["198.51.100.20","203.0.113.9"]}`} {
		p := start(t, "stdout", canaries, "addresses", plan, "--api-url", url, "--watch", "--format", format)
		p.await(1, want)
		if status := p.end(syscall.SIGTERM); status != StatusOK {
			t.Errorf("status %d", status)
		}
	}
}
