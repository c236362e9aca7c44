package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startSimulator runs the command as a process and gives the address that its first line names.
func startSimulator(t *testing.T, args ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "rundown", append([]string{"simulator", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.WaitDelay = time.Minute
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		_ = cmd.Wait()
		t.Fatalf("the first line is %q, %v; said %s", line, err, said.String())
	}
	return cmd, address
}

func TestSimulatorServesUntilASignalAndLeavesItsLedger(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			ledger := filepath.Join(t.TempDir(), "ledger.json")
			cmd, address := startSimulator(t, "--ledger", ledger)
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/v1/apps/0123456789abcdef0123456789abcdef/cloud_recording/acquire",
				strings.NewReader(`{"cname":"example","uid":"1","clientRequest":{"scene":1}}`))
			request.SetBasicAuth("example", "example")
			request.Header.Set("Content-Type", "application/json;charset=utf-8")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("acquire: HTTP %d %s", response.StatusCode, body)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("ended with %v", err)
			}
			text, err := os.ReadFile(ledger)
			if err != nil {
				t.Fatal(err)
			}
			var account struct {
				Sessions []any          `json:"sessions"`
				Requests map[string]int `json:"requests"`
			}
			if err := json.Unmarshal(text, &account); err != nil {
				t.Fatal(err)
			}
			if account.Requests["acquire"] != 1 || account.Sessions == nil {
				t.Errorf("ledger: %s", text)
			}
		})
	}
}

func TestSimulatorWithoutItsPortSaysSo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var said strings.Builder
	status := Main(t.Context(), []string{"simulator", "--listen", taken.Addr().String()}, Streams{Out: io.Discard, Err: &said})
	if status != StatusTrouble || !strings.Contains(said.String(), "address already in use") || strings.Count(said.String(), "\n") != 1 {
		t.Errorf("status %d, said %q", status, said.String())
	}
}

func TestLedgerThatCannotBeWrittenIsKnownBeforehand(t *testing.T) {
	var said strings.Builder
	path := filepath.Join(t.TempDir(), "absent", "ledger.json")
	status := Main(t.Context(), []string{"simulator", "--listen", "127.0.0.1:0", "--ledger", path}, Streams{Out: io.Discard, Err: &said})
	if status != StatusTrouble || !strings.Contains(said.String(), "no such file or directory") {
		t.Errorf("status %d, said %q", status, said.String())
	}
}

// cancelling ends a context with the first write.
type cancelling struct{ cancel func() }

func (c cancelling) Write(p []byte) (int, error) {
	c.cancel()
	return len(p), nil
}

func TestASimulatorThatOtherMachinesReachSaysSo(t *testing.T) {
	for _, tt := range []struct {
		args []string
		warn string // "": no warning
	}{
		{[]string{"--listen", "127.0.0.1:0"}, ""},
		{[]string{"--listen", "localhost:0"}, ""},
		{[]string{"--listen", "0.0.0.0:0"}, "serve callers on this host only"},
		{[]string{"--listen", ":0", "--control-token", "an-obvious-example"}, "with the control token"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var said strings.Builder
		status := Main(ctx, append([]string{"simulator"}, tt.args...), Streams{Out: cancelling{cancel}, Err: &said})
		if warned := strings.Contains(said.String(), "other hosts"); status != StatusOK || warned != (tt.warn != "") || !strings.Contains(said.String(), tt.warn) || strings.Contains(said.String(), "obvious") {
			t.Errorf("%q: status %d, said %q", tt.args, status, said.String())
		}
	}
	if status := Main(t.Context(), []string{"simulator", "--control-token", ""}, Streams{Out: io.Discard, Err: io.Discard}); status != StatusTrouble {
		t.Errorf("an empty token is taken: status %d", status)
	}
}

// TestASimulationSaysThatItsReferencesAreNotSet runs a plan of which one reference is set.
func TestASimulationSaysThatItsReferencesAreNotSet(t *testing.T) {
	t.Parallel()
	daemon := start(t, "stderr", []string{"STREAM_KEY=example"}, "run", "../../examples/quickstart.yaml", "--simulate", "--listen", "127.0.0.1:0")
	daemon.await(1, "msg=running")
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("status %d", status)
	}
	const want = `msg="references are not set; the simulator needs none" plan=lingua references="${AGORA_CUSTOMER_ID}, `
	if said := daemon.output(); strings.Count(said, want) != 1 || strings.Contains(said, "STREAM_KEY") {
		t.Errorf("it does not say which references are not set:\n%s", said)
	}
}
