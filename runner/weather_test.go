package runner_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// spell is a fault of the way to the service that lasts from an instant to another.
type spell struct {
	next        http.RoundTripper
	from, until time.Time
	op          string // the end of the path of what it befalls; "": all
	unsent      error  // the requests never leave
	spoil       func(*http.Request, *http.Response)
}

func (s *spell) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	if now.Before(s.from) || !now.Before(s.until) || !strings.HasSuffix(r.URL.Path, s.op) {
		return s.next.RoundTrip(r)
	}
	if s.unsent != nil {
		return nil, s.unsent
	}
	resp, err := s.next.RoundTrip(r)
	if err == nil {
		s.spoil(r, resp)
	}
	return resp, err
}

// body reads as a function does.
type body func([]byte) (int, error)

func (b body) Read(p []byte) (int, error) { return b(p) }
func (b body) Close() error               { return nil }

// say replaces what an answer holds.
func say(resp *http.Response, s string) {
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(s)), int64(len(s))
}

// spells are the faults, by name: first those that keep requests from leaving, then those of answers, whose requests
// have had their effect.
var spells = []struct {
	name   string
	unsent error
	spoil  func(*http.Request, *http.Response)
}{
	{name: "no name is found", unsent: &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", Name: "api.agora.io", IsTemporary: true}}},
	{name: "no host is up", unsent: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}},
	{name: "no host can be trusted", unsent: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
	{name: "answers are cut in half", spoil: func(_ *http.Request, resp *http.Response) {
		whole, _ := io.ReadAll(resp.Body)
		half := bytes.NewReader(whole[:len(whole)/2])
		resp.Body = body(func(p []byte) (int, error) {
			if half.Len() == 0 {
				return 0, io.ErrUnexpectedEOF
			}
			return half.Read(p)
		})
	}},
	{name: "answers come byte by byte", spoil: func(r *http.Request, resp *http.Response) {
		whole := resp.Body
		resp.Body = body(func(p []byte) (int, error) {
			select {
			case <-time.After(2 * time.Second):
				return whole.Read(p[:1])
			case <-r.Context().Done():
				return 0, r.Context().Err()
			}
		})
	}},
	{name: "answers are a proxy's page", spoil: func(_ *http.Request, resp *http.Response) { say(resp, "<html>welcome to the hotel</html>") }},
	{name: "answers are a megabyte too long", spoil: func(_ *http.Request, resp *http.Response) {
		say(resp, `{"resourceId":"`+strings.Repeat("x", 2<<20)+`"}`)
	}},
}

// TestTheWayToTheServiceMayFailAtAnyTime has a day for each fault, and on it four classes of ten minutes that meet it
// at different times. Their padding is 30 s and two minutes.
func TestTheWayToTheServiceMayFailAtAnyTime(t *testing.T) {
	t.Parallel()
	times := []struct {
		name        string
		from, until time.Duration // since the bell
		outcome     session.Outcome
		lost        time.Duration // of the class, at most
		late        time.Duration // the stop, at most
	}{
		{"over the bell", -2 * time.Minute, 2 * time.Minute, session.Partial, 3 * time.Minute, 0},
		{"in the middle", 4 * time.Minute, 8 * time.Minute, session.Recorded, 0, 0},
		{"over the end", 9 * time.Minute, 15 * time.Minute, session.Recorded, 0, 4 * time.Minute},
		{"from before the start to after the end", -2 * time.Minute, 13 * time.Minute, session.Failed, 0, 0},
	}
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Hour
		bell := func(day, class int) time.Time {
			return monday.Add(time.Duration(day)*24*time.Hour + time.Duration(class)*time.Hour)
		}
		h.transport = h.sim.Transport()
		for day, fault := range spells {
			for class, when := range times {
				h.transport = &spell{
					next: h.transport, from: bell(day, class).Add(when.from), until: bell(day, class).Add(when.until),
					unsent: fault.unsent, spoil: fault.spoil,
				}
			}
		}
		var days []string
		for class := range times {
			days = append(days, fmt.Sprintf("Mon-Sun %02d:00-%02d:10", 9+class, 9+class))
		}
		e := h.open(loadPlan(t, school(strings.Join(days, ", "), "    only: autumn"), "school.yaml"))
		until(bell(len(spells), -1))
		h.shut(e)
		h.audit()
		h.agrees()
		sessions := map[string]simulator.LedgerSession{}
		for _, x := range h.sim.Ledger().Sessions {
			sessions[x.SID] = x
		}
		outcomes := h.outcomes()
		for day, fault := range spells {
			for class, when := range times {
				s := outcomes["school/german/"+bell(day, class).Format("20060102T150405Z")]
				lost := time.Duration(0)
				for _, gap := range s.Gaps {
					lost += gap.Until.Sub(gap.From)
				}
				if s.Outcome != when.outcome || s.Reason == "" || when.outcome != session.Failed && lost > when.lost {
					t.Errorf("%s %s: %s, %v lost: %s", fault.name, when.name, s.Outcome, lost, s.Reason)
				}
				var ran []simulator.LedgerSession
				for _, x := range s.Sessions {
					if x.SID != "" {
						ran = append(ran, sessions[x.SID])
					}
				}
				switch {
				case when.outcome == session.Failed && len(ran) == 0:
				case len(ran) != 1 || ran[0].StopReason != "stop":
					t.Errorf("%s %s: the sessions %+v ran", fault.name, when.name, ran)
				default:
					if late := ran[0].StoppedAt.Sub(bell(day, class).Add(12 * time.Minute)); late < 0 || late > when.late+time.Second {
						t.Errorf("%s %s: stopped %v late", fault.name, when.name, late)
					}
				}
			}
		}
	})
}

// TestAStartWhoseAnswerCannotBeReadIsAnOrphanThatIsNamed spoils the answers to start alone, on a day for each fault.
func TestAStartWhoseAnswerCannotBeReadIsAnOrphanThatIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Hour
		h.transport = h.sim.Transport()
		bell := func(day int) time.Time { return monday.Add(time.Duration(day) * 24 * time.Hour) }
		for day, fault := range spells {
			if fault.spoil != nil {
				h.transport = &spell{
					next: h.transport, from: bell(day).Add(-2 * time.Minute), until: bell(day).Add(-42 * time.Second),
					op: "/mode/web/start", spoil: fault.spoil,
				}
			}
		}
		e := h.open(loadPlan(t, school("Mon-Sun 09:00-09:20", "    only: autumn"), "school.yaml"))
		until(bell(len(spells) - 1).Add(6 * time.Hour))
		h.shut(e)
		h.agrees()
		outcomes := h.outcomes()
		orphans := 0
		for day, fault := range spells {
			if fault.spoil == nil {
				continue
			}
			orphans++
			s := outcomes["school/german/"+bell(day).Format("20060102T150405Z")]
			if s.Outcome != session.Recorded && s.Outcome != session.Partial || !strings.Contains(s.Reason, "orphan: session 1") {
				t.Errorf("%s: %s: %s", fault.name, s.Outcome, s.Reason)
			}
		}
		if ran := h.sim.Ledger().Sessions; orphans == 0 || len(ran) != len(spells)+orphans {
			t.Errorf("%d sessions ran, want one for each of %d days and %d orphans", len(ran), len(spells), orphans)
		}
	})
}

// TestAStoreThatIsDamagedInTheMiddleOfAClass overwrites all pages of the file and of its log while the engine works.
// An order of an operator before that has the database look at them again: else it would go on from its memory.
func TestAStoreThatIsDamagedInTheMiddleOfAClass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 11:00-11:50"), "school.yaml"))
		until(monday.Add(10*time.Minute + time.Second))
		file := filepath.Join(h.dir, "rundown.db")
		other, err := store.Open(t.Context(), file, store.Options{})
		if err == nil {
			_, err = give(other, store.Command{At: time.Now(), Occurrence: "school/german/20310915T090000Z", Kind: "cancel", Who: "ops"})
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{file, file + "-wal"} {
			f, err := os.OpenFile(name, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close() // not before the store: that would give up its locks
			info, err := f.Stat()
			if err == nil {
				_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, int(info.Size())), 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		until(monday.Add(time.Hour))
		ran := h.sim.Ledger().Sessions
		if len(ran) != 1 || ran[0].StoppedAt == nil || ran[0].StoppedAt.Sub(monday.Add(52*time.Minute)) > 2*time.Second {
			t.Errorf("the sessions: %+v", ran)
		}
		if told := e.Troubles(); len(told) != 1 || !strings.HasPrefix(told[0], "store-failed: the store cannot be written: store "+file) {
			t.Errorf("troubles: %q", told)
		}
		e.Close()
		_ = other.Close()
		_ = h.store.Close() // it may complain
		_, err = store.Open(t.Context(), file, store.Options{Work: true})
		if err == nil || !strings.Contains(err.Error(), file) || errors.Is(err, store.ErrInUse) {
			t.Errorf("opened again: %v", err)
		}
	})
}
