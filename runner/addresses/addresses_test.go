package addresses_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rundown/runner/addresses"
	"rundown/runner/store"
)

func list(text ...string) (all []netip.Addr) {
	for _, a := range text {
		all = append(all, netip.MustParseAddr(a))
	}
	return all
}

// TestAChangeLeadsFromOneListToTheOther takes what is gone away and adds what is new.
func TestAChangeLeadsFromOneListToTheOther(t *testing.T) {
	address := rapid.Map(rapid.Byte(), func(b byte) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, b}) })
	some := rapid.Map(rapid.SliceOfNDistinct(address, 0, 8, rapid.ID), func(l []netip.Addr) []netip.Addr {
		slices.SortFunc(l, netip.Addr.Compare)
		return l
	})
	rapid.Check(t, func(t *rapid.T) {
		before, now := some.Draw(t, "before"), some.Draw(t, "now")
		c, differs := addresses.Compare(before, now)
		if differs == slices.Equal(before, now) {
			t.Fatalf("%v and %v: differs is %v", before, now, differs)
		}
		got := slices.DeleteFunc(slices.Clone(before), func(a netip.Addr) bool { return slices.Contains(c.Removed, a) })
		got = append(got, c.Added...)
		slices.SortFunc(got, netip.Addr.Compare)
		if !slices.Equal(got, now) {
			t.Fatalf("%v with %+v is %v, want %v", before, c, got, now)
		}
	})
}

// service answers each day with another list.
type service struct {
	answers []any // lists and errors; the last one stays
	asked   []time.Time
}

func (s *service) ask(context.Context) ([]netip.Addr, error) {
	s.asked = append(s.asked, time.Now())
	answer := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	if err, failed := answer.(error); failed {
		return nil, err
	}
	return answer.([]netip.Addr), nil
}

// TestTheListIsRefreshedEachDayAndItsChangesAreToldOnce goes on in a second process, which knows the list from the store.
func TestTheListIsRefreshedEachDayAndItsChangesAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		one, two := list("198.51.100.20", "203.0.113.9"), list("192.0.2.1", "203.0.113.9")
		var told []string
		var log strings.Builder
		process := func(days int, answers ...any) *service {
			at := &service{answers: answers}
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(days)*24*time.Hour)
			defer cancel()
			memory := addresses.Stored{Store: s, Who: "test", Now: time.Now}
			addresses.Watch(ctx, at.ask, memory, slog.New(slog.NewTextHandler(&log, nil)), func(c addresses.Change) { told = append(told, c.String()) })
			return at
		}
		first := process(3, errors.New("no answer"), one, one, two, two)
		for i, at := range first.asked[1:] {
			if at.Sub(first.asked[i]) > 24*time.Hour {
				t.Errorf("not asked from %v to %v", first.asked[i], at)
			}
		}
		if len(first.asked) > 6 || strings.Count(log.String(), "no answer") != 1 {
			t.Errorf("asked at %v, and the log says %s", first.asked, log.String())
		}
		process(2, two, one)
		want := []string{
			"notifications come from 198.51.100.20, 203.0.113.9",
			"the addresses that notifications come from have changed: new are 192.0.2.1; gone are 198.51.100.20",
			"the addresses that notifications come from have changed: new are 198.51.100.20; gone are 192.0.2.1",
		}
		if !slices.Equal(told, want) {
			t.Errorf("told were %q, want %q", told, want)
		}
		events, err := s.Events(context.Background(), "", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		var logged []string
		for _, e := range events {
			if e.Kind != addresses.KindAddresses || e.Who != "test" || !strings.Contains(string(e.Data), `"addresses":["`) {
				t.Errorf("%+v", e)
			}
			logged = append(logged, e.Text)
		}
		if !slices.Equal(logged, want) {
			t.Errorf("the event log has %q, want %q", logged, want)
		}
	})
}

// TestNobodyIsToldThatThereIsNoAccount has a plan only after half an hour.
func TestNobodyIsToldThatThereIsNoAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Hour)
		defer cancel()
		at := &service{answers: []any{addresses.ErrNoAccount, addresses.ErrNoAccount, list("203.0.113.9")}}
		var log strings.Builder
		told := 0
		addresses.Watch(ctx, at.ask, addresses.Stored{Store: s, Now: time.Now}, slog.New(slog.NewTextHandler(&log, nil)), func(addresses.Change) { told++ })
		if told != 1 || len(at.asked) != 3 || log.String() != "" {
			t.Errorf("told %d times, asked at %v, and the log says %s", told, at.asked, log.String())
		}
	})
}

// TestNewAddressesAreShownForThreeDays has two changes that bring new ones and one that brings none, a day apart, and a daemon that
// found none of them.
func TestNewAddressesAreShownForThreeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		shown := func() (added []string) {
			t.Helper()
			changes, err := addresses.Stored{Store: s, Now: time.Now}.Recent(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				added = append(added, addresses.Join(c.Added))
			}
			return added
		}
		finder := addresses.Stored{Store: s, Who: "test", Now: time.Now}
		lists := [][]netip.Addr{
			list("198.51.100.20"), list("192.0.2.1", "198.51.100.20"), list("192.0.2.1"), list("192.0.2.1", "203.0.113.9"), nil, nil, nil,
		}
		want := [][]string{nil, {"192.0.2.1"}, {"192.0.2.1"}, {"192.0.2.1", "203.0.113.9"}, {"203.0.113.9"}, {"203.0.113.9"}, nil}
		for day, now := range lists {
			before, err := finder.Load(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if change, differs := addresses.Compare(before, now); now != nil && differs {
				if err := finder.Save(context.Background(), change); err != nil {
					t.Fatal(err)
				}
			}
			if got := shown(); !slices.Equal(got, want[day]) {
				t.Errorf("day %d: %q are shown, want %q", day, got, want[day])
			}
			time.Sleep(24 * time.Hour) // virtual: a day of the list
		}
	})
}

// TestAnAddressThatComesBackIsANewChange has an address come, go and come again within the three days. The issue is that of the last
// change, and lasts three days from then.
func TestAnAddressThatComesBackIsANewChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		memory := addresses.Stored{Store: s, Who: "test", Now: time.Now}
		came := addresses.Change{All: list("192.0.2.1", "203.0.113.9"), Added: list("192.0.2.1")}
		gone := addresses.Change{All: list("203.0.113.9"), Removed: list("192.0.2.1")}
		var last time.Time
		for _, c := range []addresses.Change{came, gone, came} {
			time.Sleep(24 * time.Hour) // virtual: a day of the list
			last = time.Now()
			if err := memory.Save(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
		changes, err := memory.Recent(context.Background())
		if err != nil || len(changes) != 1 || !changes[0].At.Equal(last) {
			t.Errorf("%+v, %v, want one of %v", changes, err, last)
		}
	})
}

func TestWhatCannotBeKeptIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetSetting(context.Background(), "notification-addresses", "nonsense"); err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
		defer cancel()
		at := &service{answers: []any{list("203.0.113.9")}}
		var log strings.Builder
		addresses.Watch(ctx, at.ask, addresses.Stored{Store: s, Now: time.Now}, slog.New(slog.NewTextHandler(&log, nil)), func(c addresses.Change) { t.Errorf("told: %v", c) })
		if n := strings.Count(log.String(), "cannot be read"); n != 2 {
			t.Errorf("%s", fmt.Sprint(log.String()))
		}
	})
}
