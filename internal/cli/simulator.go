package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rundown/agora/simulator"
	"rundown/internal/cli/render"
	"rundown/internal/planfile"
)

// maxFaultsSize bounds the script of faults.
const maxFaultsSize = 1 << 20 // bytes

// newSimulatorCommand makes simulator, which holds its recordings in memory: they end with the process. It reads the script of
// --faults, and writes its address as the first line of standard output, for tests that let it choose the port, and --ledger before
// and after. A signal is status 0.
func newSimulatorCommand(a *app) *cobra.Command {
	var cfg simulator.Config
	var listen, faults, ledger string
	cmd := &cobra.Command{
		Use:   "simulator",
		Short: "Run the simulated service on its own",
		Long: `Serve the simulated service on a port, for run --api-url and for tests.

Any App ID is accepted; the first credentials used with an App ID own it. The
first line of output is the address. Faults are scripted by --faults or PUT
/_simulator/faults. GET /_simulator/ledger returns what ran and what it cost.

SIGINT and SIGTERM end the simulator with status 0.`,
		Example: `  rundown simulator
  rundown simulator --listen 127.0.0.1:0 --start-after 1s --ledger ledger.json
  rundown simulator --faults faults.yaml --callback-secret example \
    --callback http://127.0.0.1:8089/webhooks/agora`,
		Args: arguments(0, 0),
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8090", "`ADDRESS` to serve on; port 0 picks a free port")
	f.IntVar(&cfg.QPS, "qps", 10, "requests per second for each App ID; -1 for no limit")
	f.IntVar(&cfg.Concurrent, "concurrent", 50, "concurrent recordings for each App ID; -1 for no limit")
	f.DurationVar(&cfg.StartAfter, "start-after", 5*time.Second, "delay between the start request and the first recorded second")
	f.BoolVar(&cfg.Strict, "strict", false, "refuse requests that the documentation forbids but the service accepts, such as application/json without a charset")
	f.StringVar(&faults, "faults", "", "read a fault script (YAML) from `FILE`")
	f.StringVar(&cfg.Callback, "callback", "", "send notifications to `URL`")
	f.StringVar(&cfg.CallbackSecret, "callback-secret", "", "sign notifications with `SECRET`")
	f.StringVar(&cfg.ControlToken, "control-token", "", "require `TOKEN` for /_simulator/ (Authorization: Bearer TOKEN); without it, only callers on this host are served")
	f.StringVar(&ledger, "ledger", "", "write the ledger to `FILE` at exit")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cmp.Or(checkSimulatorFlags(cfg), checkListen(cmd, listen)); err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		if cmd.Flags().Changed("control-token") && cfg.ControlToken == "" {
			return &usageError{cmd.CommandPath(), errors.New("invalid --control-token: it is empty")}
		}
		if faults != "" {
			script, err := readFaults(faults)
			if err != nil {
				return fmt.Errorf("read %s: %w", faults, err)
			}
			cfg.Faults = script
		}
		if cfg.StartAfter == 0 {
			cfg.StartAfter = -1 // the configuration's zero is the default
		}
		cfg.Logger = a.logger(a.err, a.flags.logLevel)
		return a.serveSimulator(cmd.Context(), cfg, listen, ledger)
	}
	return cmd
}

// checkSimulatorFlags refuses values with which no recording could begin, or that mean nothing.
func checkSimulatorFlags(cfg simulator.Config) error {
	switch {
	case cfg.QPS == 0:
		return errors.New("invalid --qps 0: no request would be admitted; use -1 for no limit")
	case cfg.Concurrent == 0:
		return errors.New("invalid --concurrent 0: no request would be admitted; use -1 for no limit")
	case cfg.StartAfter < 0:
		return fmt.Errorf("invalid --start-after %s: must not be negative", cfg.StartAfter)
	case cfg.CallbackSecret != "" && cfg.Callback == "":
		return errors.New("--callback-secret without --callback")
	}
	return nil
}

// serveSimulator serves until a signal or the context ends it, and then writes the ledger.
func (a *app) serveSimulator(ctx context.Context, cfg simulator.Config, listen, ledger string) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	sim, err := newSimulator(cfg)
	if err != nil {
		return err
	}
	defer sim.Close()
	if ledger != "" {
		// A ledger that cannot be written should be known before the tests that need it have run.
		if err := writeLedger(ledger, sim.Ledger()); err != nil {
			return err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, cause(err))
	}
	warnOfReach(a.err, listener.Addr(), cfg.ControlToken)
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(a.out, "listening on http://%s\n", listener.Addr())
	if a.out.err != nil {
		stop() // nobody can learn the port
	}

	select {
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		shutDown(ctx, server, 5*time.Second)
		<-served
	}
	if ledger != "" {
		err = errors.Join(err, writeLedger(ledger, sim.Ledger()))
	}
	return err
}

// newSimulator makes a simulator; it fails for a configuration that contradicts itself.
func newSimulator(cfg simulator.Config) (*simulator.Simulator, error) {
	sim, err := simulator.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("set up the simulator: %w", err)
	}
	return sim, nil
}

// shutDown gives the requests that are being answered so much time to end, although the context has ended.
func shutDown(ctx context.Context, server *http.Server, within time.Duration) {
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	if server.Shutdown(end) != nil {
		_ = server.Close()
	}
}

// cause takes the address off a network error, since whoever reports it names it.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		return op.Err
	}
	return err
}

// writeLedger replaces the file in one move, so that no reader meets half of it.
func writeLedger(path string, l simulator.Ledger) error {
	var b bytes.Buffer
	if err := render.JSON(&b, l); err != nil {
		return fmt.Errorf("ledger %s: %w", path, err)
	}
	if err := replaceFile(path, b.Bytes()); err != nil {
		return fmt.Errorf("ledger %s: %w", path, planfile.Reason(err))
	}
	return nil
}

// replaceFile writes beside the file and renames. What is no regular file, such as /dev/stdout, is written as it is.
func replaceFile(path string, content []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, content, 0o600)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

// readFaults reads a script, strictly: a fault that is not understood would make a test pass for nothing.
func readFaults(path string) (simulator.Faults, error) {
	f, err := os.Open(path)
	if err != nil {
		return simulator.Faults{}, planfile.Reason(err)
	}
	defer f.Close()
	text, err := planfile.ReadBounded(f, maxFaultsSize)
	if err != nil {
		return simulator.Faults{}, err
	}
	return simulator.ParseFaults(text)
}

// warnOfReach says that other machines can reach a simulator, and what they can do with it.
func warnOfReach(w io.Writer, addr net.Addr, token string) {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsLoopback() {
		return
	}
	control := "endpoints under /_simulator/ serve callers on this host only"
	if token != "" {
		control = "endpoints under /_simulator/ serve callers with the control token"
	}
	fmt.Fprintf(w, "rundown: warning: other hosts can reach the simulator at %s; %s\n", addr, control)
}
