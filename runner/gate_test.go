package runner

import (
	"testing"
	"time"
)

// TestTheGate tells the gate of heartbeats and asks it in between.
func TestTheGate(t *testing.T) {
	t.Parallel()
	const limit, ttl = 3 * time.Second, 5 * time.Second
	type at struct {
		ms   int
		do   string // beat: sent then and confirmed; late: sent a second before; leap: the database is an hour ahead; step: by little more than it may; fail; shut; "": nothing
		open bool
		bury bool
	}
	for name, steps := range map[string][]at{
		"before the first heartbeat":                         {{0, "", false, false}},
		"open for the limit after the sending":               {{10_000, "beat", true, false}, {13_000, "", true, false}, {13_001, "", false, false}},
		"counted from the sending":                           {{10_000, "late", true, false}, {12_000, "", true, false}, {12_001, "", false, false}},
		"a failure closes nothing":                           {{10_000, "beat", true, false}, {11_000, "fail", true, false}, {13_001, "", false, false}},
		"a later heartbeat opens it again":                   {{10_000, "beat", true, false}, {30_000, "", false, false}, {30_001, "beat", true, false}},
		"a process that was buried is shut":                  {{10_000, "beat", true, false}, {10_001, "shut", false, false}},
		"joined again":                                       {{10_000, "beat", true, false}, {10_001, "shut", false, false}, {10_002, "beat", true, false}},
		"an older answer does not close it":                  {{10_000, "beat", true, false}, {10_500, "late", true, false}, {13_000, "", true, false}},
		"buries after a whole TTL":                           {{10_000, "beat", true, false}, {12_000, "beat", true, false}, {14_000, "beat", true, false}, {14_999, "", true, false}, {15_000, "", true, true}},
		"buries nobody after a failure":                      {{10_000, "beat", true, false}, {12_000, "beat", true, false}, {14_000, "beat", true, false}, {15_000, "fail", true, false}, {15_001, "beat", true, false}, {17_000, "beat", true, false}, {20_000, "beat", true, false}, {20_001, "", true, true}},
		"buries nobody after a gap":                          {{10_000, "beat", true, false}, {14_000, "beat", true, false}, {16_000, "", true, false}, {17_000, "beat", true, false}, {19_000, "beat", true, true}},
		"buries nobody while it may not act":                 {{10_000, "beat", true, false}, {12_000, "beat", true, false}, {14_000, "beat", true, false}, {17_001, "", false, false}},
		"buries nobody after a leap of the database's clock": {{10_000, "beat", true, false}, {12_000, "beat", true, false}, {14_000, "beat", true, false}, {15_000, "leap", true, false}, {18_000, "leap", true, false}, {20_000, "leap", true, true}},
		"buries nobody after a small leap, either":           {{10_000, "beat", true, false}, {12_000, "beat", true, false}, {14_000, "beat", true, false}, {15_000, "step", true, false}, {18_000, "step", true, false}, {20_000, "step", true, true}},
		"frozen for a long time, then it wakes":              {{10_000, "beat", true, false}, {12_000, "beat", true, false}, {14_000, "beat", true, false}, {16_000, "beat", true, true}, {40_000, "", false, false}, {40_001, "beat", true, false}, {43_000, "beat", true, false}, {45_001, "", true, true}},
	} {
		now := time.Duration(0)
		g := &gate{limit: limit, ttl: ttl, elapsed: func() time.Duration { return now }}
		g.shut()
		for i, s := range steps {
			now = time.Duration(s.ms) * time.Millisecond
			switch s.do {
			case "beat":
				g.confirm(now, time.Unix(0, 0).Add(now))
			case "late":
				g.confirm(now-time.Second, time.Unix(0, 0).Add(now))
			case "leap":
				g.confirm(now, time.Unix(0, 0).Add(now+time.Hour))
			case "step":
				g.confirm(now, time.Unix(0, 0).Add(now+ttl-limit+time.Millisecond))
			case "fail":
				g.fail()
			case "shut":
				g.shut()
			}
			if open := g.check() == nil; open != s.open || g.mayBury() != s.bury {
				t.Errorf("%s: step %d, at %v: open %v, buries %v; want %v, %v", name, i, now, open, g.mayBury(), s.open, s.bury)
			}
		}
	}
	if (&gate{}).check() != nil {
		t.Error("closed although no other process can take over")
	}
}
