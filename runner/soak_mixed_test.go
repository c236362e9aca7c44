//go:build mixed

package runner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/runner/runnertest"
	"rundown/runner/session"
	"rundown/runner/store/pgtest"
)

// older is the version of make mixed OLD=commit.
var older = version{
	name: "older",
	open: func(ctx context.Context, c runnertest.Config) (soakNode, error) {
		return openOlder(ctx, olderConfig(c))
	},
	unreachable: olderUnreachable,
}

// upgrade is how large the share of the newer version is among the nodes that join, from an instant after the start of the soak
// on. Where it is none or all, nodes of the other version leave.
var upgrade = []struct {
	from  time.Duration
	share float64
}{
	{0, 0}, {time.Hour, 0.5}, {3*time.Hour + 30*time.Minute, 1}, {4*time.Hour + 30*time.Minute, 0.5}, {6 * time.Hour, 0}, {7 * time.Hour, 0.5},
}

// mixedSoak is a day that nodes of two versions record, with orders and edits of the plan by each.
type mixedSoak struct {
	*sharedSoak
	rng                 *rand.Rand      // of the versions; the house's lock guards it
	cancelled, extended map[string]bool // what was ordered; false: nobody knows whether it was

	// edited is when the plan of the version first was edited: each machine then gets a new node, of that version. The house's lock
	// guards all three.
	edited  time.Time
	first   version
	restart [3]bool // the machines whose nodes have not ended yet for that
}

// share is that of the newer version now.
func (m *mixedSoak) share() (share float64) {
	for _, phase := range upgrade {
		if time.Since(m.from) >= phase.from {
			share = phase.share
		}
	}
	return share
}

func (m *mixedSoak) next() version {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := older
	if m.rng.Float64() < m.share() {
		v = newer
	}
	if time.Since(m.edited) < 3*time.Minute {
		v = m.first
	}
	m.count[v.name+" nodes"]++
	return v
}

func (m *mixedSoak) wants(machine int, v version) bool {
	m.mu.Lock()
	restart := m.restart[machine]
	m.restart[machine] = false
	m.mu.Unlock()
	if restart {
		return false
	}
	share := m.share()
	return share == 0 && v.name == older.name || share == 1 && v.name == newer.name || share > 0 && share < 1
}

// watch counts for how long nodes of both versions work.
func (m *mixedSoak) watch() {
	for begin := time.Now(); time.Now().Before(m.end); {
		if time.Since(begin)%time.Hour == 0 {
			m.t.Logf("%s, %.0f %% of the newer version", time.Now().Format("15:04"), 100*m.share())
		}
		time.Sleep(time.Minute) // virtual
		m.mu.Lock()
		if slices.Contains(m.works[:], older.name) && slices.Contains(m.works[:], newer.name) {
			m.count["minutes of both"]++
		}
		m.mu.Unlock()
	}
}

// by has a command of a version carried out, again where the database does not answer.
func (m *mixedSoak) by(v version, what string, command func() error) bool {
	for range 20 {
		err := command()
		if err == nil {
			m.note(what + " by the " + v.name)
			return true
		}
		fmt.Fprintf(&m.log, "%s: %s by the %s: %v\n", time.Now().Format(time.DateTime), what, v.name, err)
		time.Sleep(15 * time.Second) // virtual: the database comes back
	}
	return false
}

// operate has a class extended, two cancelled and the plan edited in each lesson.
func (m *mixedSoak) operate() {
	cancels := map[string]func(context.Context, string, string) error{older.name: olderCancel, newer.name: runnertest.Cancel}
	extends := map[string]func(context.Context, string, string, time.Duration) error{older.name: olderExtend, newer.name: runnertest.Extend}
	ctx, address := context.Background(), m.d.address
	for lesson := range 5 {
		begins := m.from.Truncate(24 * time.Hour).Add(time.Duration(8+2*lesson) * time.Hour)
		if begins.After(m.end) {
			return
		}
		v, other := older, newer
		if lesson%2 == 1 {
			v, other = newer, older
		}
		class := func(room int, begins time.Time) string {
			return fmt.Sprintf("school/room-%d/%s", room%9, begins.Add(time.Duration(room%9/4)*3*time.Minute).Format("20060102T150405Z"))
		}
		cancel := func(at time.Duration, v version, id string) {
			until(begins.Add(at))
			m.cancelled[id] = m.by(v, "cancels", func() error { return cancels[v.name](ctx, address, id) })
		}
		until(begins.Add(15 * time.Minute))
		id := class(2*lesson, begins)
		m.extended[id] = m.by(v, "extensions", func() error { return extends[v.name](ctx, address, id, 7*time.Minute) })
		cancel(20*time.Minute, other, class(2*lesson+1, begins))
		if lesson < 4 {
			cancel(25*time.Minute, v, class(2*lesson+5, begins.Add(2*time.Hour)))
		}
		until(begins.Add(55 * time.Minute))
		m.edit(lesson, begins.Add(85*time.Minute), other, v)
	}
}

// edit adds a class to the plan, first to that of the nodes of one version, which take over from all nodes that there are, and a while
// later to that of those of the other. A node
// that starts with the plan of before leaves the active one active.
func (m *mixedSoak) edit(n int, at time.Time, first, then version) {
	text := m.planOf(first) + fmt.Sprintf("  extra-%d: {app: app-%d, when: %s-%s}\n", n, n%3, at.Format("2006-01-02 15:04"), at.Add(20*time.Minute).Format("15:04"))
	m.setPlan(first, text)
	m.mu.Lock()
	m.edited, m.first, m.restart = time.Now(), first, [3]bool{true, true, true}
	m.mu.Unlock()
	time.Sleep(20 * time.Minute) // virtual: the other machines still have the old file
	m.setPlan(then, text)
}

// ordered wants what was ordered to have been done, and nothing else; and no statement of a version to be one that the schema of
// the other does not take.
func (m *mixedSoak) ordered(out *soak) {
	bad := func(format string, args ...any) { out.faults = append(out.faults, fmt.Sprintf(format, args...)) }
	for id, s := range out.states {
		if done, ordered := m.cancelled[id]; done != (s.Outcome == session.Cancelled) && (done || !ordered) {
			bad("%s: %s: %s; cancelled: %v", id, s.Outcome, s.Reason, done)
		}
		longer := !s.PlanEnd.IsZero() && s.End.Sub(s.PlanEnd) >= 7*time.Minute
		if done, ordered := m.extended[id]; done != longer && (done || !ordered) {
			bad("%s: it ended at %v, by the plan at %v; extended: %v", id, s.End, s.PlanEnd, done)
		}
	}
	for line := range strings.Lines(m.log.String()) {
		if schemaError.MatchString(line) {
			bad("%s", strings.TrimSpace(line))
		}
	}
}

// schemaError finds PostgreSQL's words for what a constraint forbids, and for what a schema has not.
var schemaError = regexp.MustCompile(`SQLSTATE (23|42)`)

// TestTwoVersionsRecordADay has nodes of an earlier version and of this one record a day on three machines and one PostgreSQL, in
// virtual time, through two upgrades and a return between them; with -days 0 the morning alone, without the return. Nodes, service and
// database fail as in the soak of one version.
func TestTwoVersionsRecordADay(t *testing.T) {
	t.Parallel()
	began := time.Now()
	out := soak{outcomes: map[session.Outcome]int{}}
	m := &mixedSoak{sharedSoak: newSharedSoak(), rng: rand.New(rand.NewPCG(*seed, 3)), cancelled: map[string]bool{}, extended: map[string]bool{}}
	m.version, m.fits, m.end = m.next, m.wants, m.from.Add(3*time.Hour+30*time.Minute)
	if *schoolDays > 0 {
		m.end = m.from.AddDate(0, 0, *schoolDays-1).Add(9*time.Hour + 30*time.Minute)
	}
	m.check = m.ordered
	m.plans[older.name] = m.plans[newer.name]
	virtually(t, pgtest.Start(t), m.from.Add(-5*time.Minute), func(t *testing.T, d *database) {
		m.d = d
		m.work(t, len(m.apart), &out, m.watch, m.operate)
	})
	t.Logf("the older version is %s", reflect.TypeFor[olderConfig]().PkgPath())
	t.Logf("%s, App IDs went to the other version %d times, in %v", m.sum(&out), m.rate.swap, time.Since(began).Round(time.Second))
	m.judge(t, &out)
	for _, what := range []string{"extensions", "cancels"} {
		for _, v := range []version{older, newer} {
			if m.count[what+" by the "+v.name] == 0 {
				t.Errorf("the %s version gave no %s", v.name, what)
			}
		}
	}
	if *schoolDays > 0 && (m.count["crashes"] < 30 || m.count["minutes of both"] < 120 || m.rate.swap < 20 || out.classes < 45) {
		t.Errorf("%d classes, %d changes of the version and %v prove little", out.classes, m.rate.swap, m.count)
	}
}

func (s *sharedSoak) setPlan(v version, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans[v.name] = text
}
