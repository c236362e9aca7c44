// Package addresses keeps the list of the addresses that the service's notifications come from, for a firewall that lets
// them in.
//
// [Watch] asks for the list at once and then every day, and calls back where it differs from the one before. A [Memory]
// keeps the list over restarts; [Stored] is the one of a daemon, which also writes each change into the event log and
// keeps those of the last days, which are health issues.
package addresses

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rundown/runner/store"
)

// The list is to be refreshed at least once in 24 h (NCS IP addresses), so that one that was asked for in vain is asked
// for again within that time.
const (
	every = 23 * time.Hour
	again = 20 * time.Minute
)

// ErrNoAccount is for an [Ask] that has no account to ask with yet, or any more.
var ErrNoAccount = errors.New("there is no account to ask with")

// Ask asks the service for the list, sorted, each address once.
type Ask func(ctx context.Context) ([]netip.Addr, error)

// Change is a list with what became of the one before.
type Change struct {
	First   bool // there was none before
	All     []netip.Addr
	Added   []netip.Addr
	Removed []netip.Addr
	At      time.Time // when it was found, of one that was kept
}

// Compare gives the change from one list to another; false where they are the same.
func Compare(before, now []netip.Addr) (Change, bool) {
	c := Change{First: len(before) == 0, All: now, Added: without(now, before), Removed: without(before, now)}
	return c, len(c.Added)+len(c.Removed) > 0
}

func without(list, others []netip.Addr) (rest []netip.Addr) {
	for _, a := range list {
		if !slices.Contains(others, a) {
			rest = append(rest, a)
		}
	}
	return rest
}

// String is the change in one sentence.
func (c Change) String() string {
	if c.First {
		return "notifications come from " + Join(c.All)
	}
	var parts []string
	if len(c.Added) > 0 {
		parts = append(parts, "new are "+Join(c.Added))
	}
	if len(c.Removed) > 0 {
		parts = append(parts, "gone are "+Join(c.Removed))
	}
	changed := "have changed"
	if !c.At.IsZero() {
		changed = "changed on " + c.At.UTC().Format("2006-01-02 15:04:05Z07:00")
	}
	return fmt.Sprintf("the addresses that notifications come from %s: %s", changed, strings.Join(parts, "; "))
}

// Join lists addresses in a sentence.
func Join(list []netip.Addr) string {
	text := make([]string, len(list))
	for i, a := range list {
		text[i] = a.String()
	}
	return strings.Join(text, ", ")
}

// Memory keeps the last list.
type Memory interface {
	Load(ctx context.Context) ([]netip.Addr, error)
	// Save keeps the list of a change, before anybody is told of it.
	Save(ctx context.Context, c Change) error
}

// Watch asks for the list now and every day until the context ends, and tells of each change. What fails is logged, and
// tried again after 20 minutes; the list before stays the last one. That there is no account is not logged.
func Watch(ctx context.Context, ask Ask, memory Memory, log *slog.Logger, tell func(Change)) {
	for ctx.Err() == nil {
		wait := every
		if err := refresh(ctx, ask, memory, tell); err != nil && ctx.Err() == nil {
			wait = again
			if !errors.Is(err, ErrNoAccount) {
				log.Warn("cannot refresh the addresses that notifications come from", "error", err, "next_try_s", wait.Seconds())
			}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

func refresh(ctx context.Context, ask Ask, memory Memory, tell func(Change)) error {
	now, err := ask(ctx)
	if err != nil {
		return err
	}
	before, err := memory.Load(ctx)
	if err != nil {
		return err
	}
	change, differs := Compare(before, now)
	if !differs {
		return nil
	}
	if err := memory.Save(ctx, change); err != nil {
		return err
	}
	tell(change)
	return nil
}

// Stored keeps the list in a store.
type Stored struct {
	Store *store.Store
	Who   string // for the event log
	Now   func() time.Time
}

// The names under which the store keeps the list and its recent changes.
const (
	setting       = "notification-addresses"
	recentSetting = "notification-addresses-changed"
)

// recently is how long a change that brought new addresses is a health issue. A daemon cannot see what a firewall lets in, so
// that only time ends the issue; a weekend lies within.
const recently = 72 * time.Hour

// KindAddresses is the kind of the events that tell of a change.
const KindAddresses = "addresses"

// Load reads the list; none where none was kept.
func (m Stored) Load(ctx context.Context) ([]netip.Addr, error) {
	text, err := m.Store.Setting(ctx, setting)
	if err != nil || text == "" {
		return nil, err
	}
	var list []netip.Addr
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("the store's list of addresses cannot be read: %w", err)
	}
	return list, nil
}

// recentChange is a change as the store keeps it.
type recentChange struct {
	At      time.Time    `json:"at"`
	Added   []netip.Addr `json:"added"`
	Removed []netip.Addr `json:"removed"`
}

// Recent gives the changes of the last three days that brought new addresses, the oldest first, whichever daemon found them.
func (m Stored) Recent(ctx context.Context) (changes []Change, err error) {
	text, err := m.Store.Setting(ctx, recentSetting)
	if err != nil || text == "" {
		return nil, err
	}
	var kept []recentChange
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return nil, fmt.Errorf("the store's list of changed addresses cannot be read: %w", err)
	}
	now := m.Now()
	for _, c := range kept {
		if now.Sub(c.At) < recently {
			changes = append(changes, Change{Added: c.Added, Removed: c.Removed, At: c.At})
		}
	}
	return changes, nil
}

// keep keeps a change among the recent ones, instead of an earlier one that brought the same addresses. Those that cannot be read it
// replaces.
func (m Stored) keep(ctx context.Context, c Change) error {
	if c.First || len(c.Added) == 0 {
		return nil
	}
	before, _ := m.Recent(ctx) // a store that cannot be read cannot be written either
	kept := make([]recentChange, 0, len(before)+1)
	for _, one := range before {
		if slices.Equal(one.Added, c.Added) {
			continue
		}
		kept = append(kept, recentChange{one.At, one.Added, one.Removed})
	}
	text, err := json.Marshal(append(kept, recentChange{m.Now().UTC(), c.Added, c.Removed}))
	if err != nil {
		return err
	}
	return m.Store.SetSetting(ctx, recentSetting, string(text))
}

// Save keeps the list and writes the change into the event log, both or neither. The change is kept before: a process that is killed
// in between finds it once more.
func (m Stored) Save(ctx context.Context, c Change) error {
	if err := m.keep(ctx, c); err != nil {
		return err
	}
	list, err := json.Marshal(c.All)
	if err != nil {
		return err
	}
	data, err := json.Marshal(struct {
		Addresses []netip.Addr `json:"addresses"`
		Added     []netip.Addr `json:"added"`
		Removed   []netip.Addr `json:"removed"`
	}{c.All, c.Added, c.Removed})
	if err != nil {
		return err
	}
	return m.Store.SetSetting(ctx, setting, string(list), store.Event{At: m.Now(), Kind: KindAddresses, Who: m.Who, Text: c.String(), Data: data})
}
