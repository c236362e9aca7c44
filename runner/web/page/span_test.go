package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// minute is an instant by its minute, for tables.
func minute(m int) time.Time { return time.Unix(1_947_000_000+int64(m)*60, 0) }

func spans(minutes ...int) (list []span) {
	for pair := range slices.Chunk(minutes, 2) {
		list = append(list, span{minute(pair[0]), minute(pair[1])})
	}
	return list
}

func TestAClassIsDividedIntoParts(t *testing.T) {
	class := span{minute(0), minute(50)}
	for _, tt := range []struct {
		name           string
		recorded, gaps []span
		now            int
		cancelled      bool
		want           string
	}{
		{"ahead", nil, nil, -10, false, "planned 0-50"},
		{"ahead, and its recording has begun early", spans(-1, 0), nil, 0, false, "early -1-0 planned 0-50"},
		{"half over", spans(-1, 20), nil, 20, false, "early -1-0 recorded 0-20 planned 20-50"},
		{"recorded whole, with padding", spans(-1, 52), nil, 60, false, "early -1-0 recorded 0-50 after 50-52"},
		{"begun late", spans(5, 52), nil, 60, false, "late 0-5 recorded 5-50 after 50-52"},
		{"begun late and still running", spans(5, 30), nil, 30, false, "late 0-5 recorded 5-30 planned 30-50"},
		{"interrupted", spans(-1, 20, 23, 50), nil, 60, false, "early -1-0 recorded 0-20 gap 20-23 recorded 23-50"},
		{"two sessions that overlap", spans(-1, 20, 15, 50), nil, 60, false, "early -1-0 recorded 0-50"},
		{"a gap that the runner found within a session", spans(-1, 51), spans(10, 12), 60, false, "early -1-0 recorded 0-10 gap 10-12 recorded 12-50 after 50-51"},
		{"ended early", spans(0, 40), nil, 60, false, "recorded 0-40 gap 40-50"},
		{"missed", nil, nil, 60, false, "gap 0-50"},
		{"not begun although it should be", nil, nil, 10, false, "gap 0-10 planned 10-50"},
		{"cancelled before it began", nil, nil, 10, true, "dropped 0-10 dropped 10-50"},
		{"cancelled while it ran", spans(-1, 20), nil, 60, true, "early -1-0 recorded 0-20 dropped 20-50"},
		{"recorded, but not during the class", spans(-5, -1), nil, 60, false, "early -5--1 gap 0-50"},
	} {
		var got []string
		for _, p := range partsOf(class, tt.recorded, tt.gaps, minute(tt.now), tt.cancelled) {
			got = append(got, fmt.Sprintf("%s %v-%v", p.Kind, p.From.Sub(minute(0)).Minutes(), p.Until.Sub(minute(0)).Minutes()))
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, text, tt.want)
		}
	}
}

// TestPartsCoverTheClass draws sessions and gaps at random: parts never overlap, come in order, and cover every instant of
// the class once.
func TestPartsCoverTheClass(t *testing.T) {
	some := rapid.Custom(func(r *rapid.T) span {
		from := rapid.IntRange(-20, 60).Draw(r, "from")
		return span{minute(from), minute(from + rapid.IntRange(0, 40).Draw(r, "length"))}
	})
	rapid.Check(t, func(r *rapid.T) {
		class := span{minute(0), minute(50)}
		recorded := rapid.SliceOfN(some, 0, 5).Draw(r, "recorded")
		gaps := rapid.SliceOfN(some, 0, 3).Draw(r, "gaps")
		now := minute(rapid.IntRange(-10, 70).Draw(r, "now"))
		parts := partsOf(class, recorded, gaps, now, rapid.Bool().Draw(r, "cancelled"))
		covered := time.Duration(0)
		for i, p := range parts {
			if p.length() <= 0 {
				r.Fatalf("an empty part: %v", p)
			}
			if i > 0 && p.From.Before(parts[i-1].Until) {
				r.Fatalf("%v and %v overlap", parts[i-1], p)
			}
			covered += max(0, p.within(class).length())
		}
		if covered != class.length() {
			r.Fatalf("%v of %v is covered: %v", covered, class.length(), parts)
		}
	})
}

func TestLanesNeverOverlapAndAreAsFewAsCanBe(t *testing.T) {
	one := rapid.Custom(func(r *rapid.T) extent {
		from := rapid.IntRange(0, 90).Draw(r, "from")
		return extent{percent(from), percent(from + rapid.IntRange(1, 30).Draw(r, "width"))}
	})
	rapid.Check(t, func(r *rapid.T) {
		all := rapid.SliceOfN(one, 0, 40).Draw(r, "extents")
		lane, count := lanes(all)
		deepest := 0
		for i, a := range all {
			at := 0
			for j, b := range all {
				if i != j && lane[i] == lane[j] && a.from < b.until && b.from < a.until {
					r.Fatalf("%v and %v share lane %d", a, b, lane[i])
				}
				if b.from <= a.from && a.from < b.until {
					at++
				}
			}
			deepest = max(deepest, at)
		}
		if count != deepest {
			r.Fatalf("%d lanes, where %d are enough", count, deepest)
		}
	})
}

func TestTheFirstGivenIsInTheUpperLane(t *testing.T) {
	lane, count := lanes([]extent{{10, 20}, {0, 10}, {10, 30}, {5, 12}})
	if fmt.Sprint(lane, count) != "[0 0 2 1] 3" {
		t.Errorf("%v in %d lanes", lane, count)
	}
}
