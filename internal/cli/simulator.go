package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"rundown/agora/simulator"
	"rundown/internal/cli/render"
	"rundown/internal/host"
	"rundown/internal/planfile"
)

// maxFaultsSize bounds the script of faults.
const maxFaultsSize = 1 << 20 // bytes

func newSimulatorCommand(a *app) *cobra.Command {
	var cfg simulator.Config
	var listen, faults, ledger string
	cmd := &cobra.Command{
		Use:   "simulator",
		Short: "Run the simulated service by itself",
		Long: `Simulator serves the documented service on a port, for run --api-url and for tests of one's own. Any App ID works;
the first pair of credentials seen with it owns it. The first line on standard output names the address. Faults can
be scripted (--faults, or PUT /_simulator/faults), the account of what ran is at GET /_simulator/ledger.

SIGINT and SIGTERM end it with status 0.`,
		Example: `  rundown simulator
  rundown simulator --listen 127.0.0.1:0 --start-after 1s --ledger ledger.json
  rundown simulator --faults faults.yaml --callback http://127.0.0.1:8089/webhooks/agora --callback-secret example`,
		Args: arguments(0, 0),
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8090", "`ADDRESS` to listen on, port 0 for any that is free")
	f.IntVar(&cfg.QPS, "qps", 10, "requests a second for each App ID, -1 without limit")
	f.IntVar(&cfg.Concurrent, "concurrent", 50, "recordings at once for each App ID, -1 without limit")
	f.DurationVar(&cfg.StartAfter, "start-after", 5*time.Second, "time from the start request until the page is written")
	f.BoolVar(&cfg.Strict, "strict", false, "refuse what the documentation's letter forbids and the service takes, such as application/json without a charset")
	f.StringVar(&faults, "faults", "", "YAML `FILE` with faults to script")
	f.StringVar(&cfg.Callback, "callback", "", "`URL` to send notifications to")
	f.StringVar(&cfg.CallbackSecret, "callback-secret", "", "`SECRET` that signs the notifications")
	f.StringVar(&cfg.ControlToken, "control-token", "", "`TOKEN` that callers of /_simulator/ must send (Authorization: Bearer TOKEN), from any machine; without it only those on this machine are answered")
	f.StringVar(&ledger, "ledger", "", "`FILE` to write the account of what ran to at the end")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkSimulatorFlags(cfg); err != nil {
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
		cfg.Logger, _ = host.NewLogger(a.err, a.flags.logFormat, a.flags.logLevel) // checked before
		return a.serveSimulator(cmd.Context(), cfg, listen, ledger)
	}
	return cmd
}

func checkSimulatorFlags(cfg simulator.Config) error {
	switch {
	case cfg.QPS == 0:
		return errors.New("invalid --qps 0: nothing would be admitted; -1 is without limit")
	case cfg.Concurrent == 0:
		return errors.New("invalid --concurrent 0: nothing would be admitted; -1 is without limit")
	case cfg.StartAfter < 0:
		return fmt.Errorf("invalid --start-after %s: must not be negative", cfg.StartAfter)
	case cfg.CallbackSecret != "" && cfg.Callback == "":
		return errors.New("--callback-secret without --callback")
	}
	return nil
}

// serveSimulator serves until a signal or the context ends it, and then writes the ledger.
func (a *app) serveSimulator(ctx context.Context, cfg simulator.Config, listen, ledger string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	sim, err := simulator.New(cfg)
	if err != nil {
		return fmt.Errorf("set up the simulator: %w", err)
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
	if _, err := fmt.Fprintf(a.out, "listening on http://%s\n", listener.Addr()); err != nil {
		stop() // nobody can learn the port
	}

	select {
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(end) != nil {
			_ = server.Close()
		}
		<-served
	}
	if ledger != "" {
		err = errors.Join(err, writeLedger(ledger, sim.Ledger()))
	}
	return err
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
	control := "the endpoints under /_simulator/ answer callers on this machine only"
	if token != "" {
		control = "the endpoints under /_simulator/ answer callers with the control token"
	}
	fmt.Fprintf(w, "rundown: warning: other machines can reach the simulator at %s; %s\n", addr, control)
}
