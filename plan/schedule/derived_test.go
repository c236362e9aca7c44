package schedule

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/plantest/build"
)

func TestUIDsAreLegalDistinctAndFollowFromTheIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := plan.Occurrence{ID: rapid.String().Draw(t, "id")}
		seen := make(map[string]bool)
		for replica := range 3 {
			uids := o.UIDs(replica)
			again := plan.Occurrence{ID: o.ID}
			if again.UIDs(replica) != uids {
				t.Fatalf("%q has other uids the second time", o.ID)
			}
			for _, uid := range uids {
				if n, err := strconv.ParseUint(uid, 10, 32); err != nil || n == 0 {
					t.Fatalf("%q has the uid %s", o.ID, uid)
				}
				if seen[uid] {
					t.Fatalf("%q has the uid %s twice", o.ID, uid)
				}
				seen[uid] = true
			}
		}
	})
	a, b := plan.Occurrence{ID: "term/a/20311006T090000Z"}, plan.Occurrence{ID: "term/a/20311008T090000Z"}
	if a.UIDs(0) == b.UIDs(0) {
		t.Error("two occurrences have the same uids")
	}
}

// TestNoNumberGivesAnIllegalUID asks at the edges, where no identity is likely to lead.
func TestNoNumberGivesAnIllegalUID(t *testing.T) {
	lo, hi := catalog.Bound("uid-range")
	for n, want := range map[uint64]int64{0: *lo, math.MaxUint32 - 1: *hi, math.MaxUint32: *lo, math.MaxUint32 + 1: *lo + 1, 2*math.MaxUint32 - 1: *hi} {
		if got := plan.LegalUID(n); int64(got) != want {
			t.Errorf("%d gives the uid %d, want %d", n, got, want)
		}
	}
}

func TestHoursAreRoundedUpWithOneToSpare(t *testing.T) {
	until := build.Instant("2031-10-06T10:00:00Z")
	tests := []struct {
		before       time.Duration
		hours, bound int
	}{
		{-time.Minute, 1, 25},
		{0, 1, 25},
		{time.Second, 2, 26},
		{time.Hour, 2, 26},
		{time.Hour + time.Second, 3, 27},
		{695 * time.Hour, 696, 720},
		{696 * time.Hour, 697, 720},
		{719 * time.Hour, 720, 720},
		{5000 * time.Hour, 720, 720},
	}
	for _, test := range tests {
		o := plan.Occurrence{RecordUntil: until}
		if hours, bound := o.Hours(until.Add(-test.before)); hours != test.hours || bound != test.bound {
			t.Errorf("%s before the end: %d and %d hours, want %d and %d", test.before, hours, bound, test.hours, test.bound)
		}
	}
}

func TestDerivedCnamesStayShortAndApart(t *testing.T) {
	if got := DerivedCname("autumn-2031", "algebra-1"); got != "autumn-2031-algebra-1" {
		t.Errorf("got %s", got)
	}
	long := strings.Repeat("p", 40)
	a, b := DerivedCname(long, strings.Repeat("r", 39)+"a"), DerivedCname(long, strings.Repeat("r", 39)+"b")
	if a == b || len(a) >= 64 || !strings.HasPrefix(a, long+"-rrr") {
		t.Errorf("got %s and %s", a, b)
	}
}
