package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWhatAStartReadsGoesByAnIndex keeps the store of a year from being read whole: at each start what is open and what
// ended of late and what notifications told of late, for status what is near, for metrics what ended badly, and for a notification whose session it
// names.
func TestWhatAStartReadsGoesByAnIndex(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "rundown.db"), Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check := func(text string, args []any, want string) {
		t.Helper()
		rows, err := s.r.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, step)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(steps, "; "); !strings.Contains(got, want) || strings.Contains(got, "TEMP B-TREE") {
			t.Errorf("%s\nis read by %q, want %q", text, got, want)
		}
	}
	now := time.Date(2031, 9, 15, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		filter Filter
		want   string
	}{
		{Filter{Open: true, Limit: pageSize}, "USING INDEX occurrences_open"},
		{Filter{Open: true, Plan: "school"}, "USING INDEX occurrences_open"},
		{Filter{Open: true, App: "main", Limit: pageSize}, "USING INDEX occurrences_open"},
		{Filter{StartBefore: now.AddDate(0, 0, 7), EndAfter: now}, "SEARCH occurrences USING INDEX occurrences_by_start"},
	} {
		text, args := tt.filter.query()
		check(text, args, tt.want)
	}
	for _, want := range []string{
		"SEARCH occurrences USING INDEX occurrences_ended (ends_at>?)", "SCAN occurrences USING INDEX occurrences_open",
		"SEARCH sessions EXISTS USING INDEX sqlite_autoindex_sessions_1 (occurrence_id=?)",
	} {
		check(readLoose, []any{1}, want)
	}
	text, args := endedWith(now, []string{"missed", "failed"})
	check(text, args, "SEARCH occurrences USING INDEX occurrences_ended (ends_at>?)")
	text, args = s.ordersFrom(now)
	check(text, args, "SEARCH commands USING INDEX commands_by_start")
	c := noticesSince(now)
	check(selectEvents+c.where()+" ORDER BY happened_at, seq", c.args, "SEARCH events USING INDEX events_of_notices")
	check(holderOf, []any{"sid"}, "SEARCH s USING INDEX sessions_by_sid")
	check(holderWithoutSID[:strings.Index(holderWithoutSID, " ORDER BY")], []any{"cname", "1"}, "SEARCH s USING INDEX sessions_without_sid")
	check(knownOf, []any{"school", 1}, "SEARCH occurrences USING INDEX occurrences_ended (ends_at>?)")
	check(knownOf, []any{"school", 1}, "USING INDEX occurrences_open")
	check(`SELECT count(*)`+dueBy, []any{"app", 1}, "SEARCH occurrences USING INDEX occurrences_due (owner=? AND wakes_at<?)")
	check(`SELECT `+occurrenceColumns+dueBy+` ORDER BY wakes_at`, []any{"app", 1}, "SEARCH occurrences USING INDEX occurrences_due (owner=? AND wakes_at<?)")
}
