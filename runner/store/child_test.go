package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/store/storetest"
)

// Some behaviour shows only between processes: the test binary starts itself anew in one of these roles.
const (
	childRole = "STORE_TEST_ROLE"
	childFile = "STORE_TEST_FILE"
	childOpts = "STORE_TEST_OPTIONS"
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(childRole); role {
	case "":
		os.Exit(pgtest.Main(m))
	case "open": // says how opening and reading ended
		s, err := openAsChild()
		if err == nil {
			_, err = s.Occurrences(context.Background(), store.Filter{})
		}
		if err == nil {
			err = s.Close()
		}
		if err != nil {
			fmt.Println(err)
		}
	case "hold": // keeps the store open until its input ends
		s, err := openAsChild()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("open")
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = s.Close()
	case "answer": // writes a burst of steps for each line that it reads, and says so
		writeWhenAsked()
	case "write": // writes for ever, and names each step once it is told that it is stored
		writeForEver()
	default:
		fmt.Println("unknown role", role)
		os.Exit(1)
	}
}

func openAsChild() (*store.Store, error) {
	var opts store.Options
	if err := json.Unmarshal([]byte(os.Getenv(childOpts)), &opts); err != nil {
		return nil, err
	}
	return store.Open(context.Background(), os.Getenv(childFile), opts)
}

func writeForEver() {
	s, err := openAsChild()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	term, err := storetest.Term(context.Background(), s, app)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	w := s.NewWriter(app, term)
	room := make(chan struct{}, 100)
	for i := 0; ; i++ {
		room <- struct{}{}
		if i%burst == 0 {
			if err := writeSpecs(s, i, burst); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		st := step(i)
		w.Submit(st, func(err error) {
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(st.ID)
			<-room
		})
	}
}

// burst is how many steps a child in the role "answer" writes for a line.
const burst = 100

func writeWhenAsked() {
	s, err := openAsChild()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	term, err := storetest.Term(context.Background(), s, app)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i, in := 0, bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := writeSpecs(s, i, burst); err != nil {
			fmt.Println(err)
		}
		w := s.NewWriter(app, term)
		for range burst {
			w.Submit(step(i), func(err error) {
				if err != nil {
					fmt.Println(err)
				}
			})
			i++
		}
		w.Close()
		fmt.Println("written")
	}
}

// child is a process of its own in the role; it is killed at the test's end if it still runs.
func child(t *testing.T, role, file string, opts store.Options) (*exec.Cmd, *bufio.Scanner, io.WriteCloser) {
	t.Helper()
	text, err := json.Marshal(opts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	if _, err := os.Stat(cmd.Path); err != nil {
		cmd.Path = os.Args[0]
	}
	cmd.Env = append(os.Environ(), childRole+"="+role, childFile+"="+file, childOpts+"="+string(text),
		"GORACE=atexit_sleep_ms=0") // the race detector would have each child linger for a second
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if role == "open" && os.Getuid() == 0 { // root may do anything: be nobody
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewScanner(out), in
}

const app = "an-app-id"

var monday = time.Date(2031, 9, 15, 7, 0, 0, 0, time.UTC)

// row is the i-th of rows that each have a session and an event.
func row(i int) storetest.Row {
	start := monday.Add(time.Duration(i) * time.Second)
	return storetest.Row{
		Occurrence: store.Occurrence{
			ID:   "school/algebra/" + start.Format("20060102T150405Z"),
			Plan: "school", Recording: "algebra", Day: start.Format(time.DateOnly), Clock: start.Format(time.TimeOnly),
			App: app, Start: start, End: start.Add(time.Minute), State: "planned", Doc: []byte(`{"attempts":0}`),
		},
		Sessions: []store.Session{{Attempt: 1, App: app, Cname: "school-algebra", UID: "100", State: "acquiring"}},
		Events:   []store.Event{{At: start, Kind: "intent", Text: "acquire"}},
	}
}

// step writes the status of the i-th row.
func step(i int) store.Step { return row(i).Step() }

// writeSpecs writes the specs of so many rows.
func writeSpecs(s *store.Store, first, count int) error {
	return s.WriteSpecs(context.Background(), func(t *store.SpecTx) error {
		for i := first; i < first+count; i++ {
			if _, err := t.Add(row(i).Spec()); err != nil {
				return err
			}
		}
		return nil
	})
}

// giveCommand records a command that is carried out.
func giveCommand(ctx context.Context, s *store.Store, c store.Command) error {
	c.DoneAt = monday
	return s.WriteSpecs(ctx, func(t *store.SpecTx) error { return t.AddCommand(&c) })
}
