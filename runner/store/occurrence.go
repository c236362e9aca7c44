package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"
)

// Occurrence is a row: one class for as long as the store keeps it. Doc is the runner's own account as JSON, which runner.Decode
// reads; the other fields are there to be asked for. [SpecTx] writes what is wanted of it, [Store.Commit] what is happening to it:
// State, Outcome, Reason, ReasonCode, Version, HeldBy and, after the first step, Wake. Times are in UTC, in whole milliseconds.
type Occurrence struct {
	ID         string // plan/recording/START, for ever
	Plan       string
	Recording  string
	Day        string // the planned local day, "2031-09-17"; what the short form recording@2031-09-17 means
	Clock      string // the planned local time, "09:00" or "09:00:20"; tells two classes of a day apart
	App        string // App ID
	URL        string // of the page, masked
	Start      time.Time
	End        time.Time // with what operators ordered
	State      string    // planned, starting, recording, stopping, ended
	Outcome    string    // "" until ended
	Reason     string    // for people
	ReasonCode string    // of every outcome but recorded
	Wake       time.Time // when its worker is to look at it next; the Unix epoch: at once; zero: never again, as in a Step
	Origin     string    // "": a plan's schedule; else who else asked for it
	Revision   int64     // the plan revision that it comes from
	Versions
	HeldBy string // the App ID that has sessions of it which are not over; "" for none
	Absent bool   // no plan holds it any more
	Doc    []byte // spec, orders and status, as one JSON object
}

// Versions tell who writes a row whether it is the one that was read: the status has one number, and the spec another.
type Versions struct {
	Version    int64 // of the status; 0: nobody has written it yet
	Generation int64 // of the spec: the change of specs that wrote it last
}

// WorkerApp is the App ID whose worker alone writes the status: the one that has sessions of it, while there is one, else App.
func (o *Occurrence) WorkerApp() string { return cmp.Or(o.HeldBy, o.App) }

const occurrenceColumns = `id, plan, recording, day, clock, app, url, starts_at, ends_at, state, outcome, reason, wakes_at, revision_id, version, doc, reason_code,
	generation, held_by, absent, origin, spec, orders`

func scanOccurrence(rows *sql.Rows) (o Occurrence, err error) {
	var start, end, wake int64
	var status, spec, orders string
	err = rows.Scan(&o.ID, &o.Plan, &o.Recording, &o.Day, &o.Clock, &o.App, &o.URL, &start, &end, &o.State,
		&o.Outcome, &o.Reason, &wake, &o.Revision, &o.Version, &status, &o.ReasonCode, &o.Generation, &o.HeldBy, &o.Absent, &o.Origin, &spec, &orders)
	o.Start, o.End, o.Wake = instant(start), instant(end), wakeTime(wake)
	absent := "{}"
	if o.Absent {
		absent = `{"absent":true}`
	}
	o.Doc = joined(spec, orders, status, absent)
	return o, err
}

// never is the instant at which what is over is to be looked at.
const never = math.MaxInt64

func wakeTime(wake int64) time.Time {
	if wake == never {
		return time.Time{}
	}
	return time.UnixMilli(wake).UTC()
}

// joined makes one JSON object of several that have no key in common.
func joined(objects ...string) []byte {
	out := []byte("{")
	for _, text := range objects {
		inner := strings.TrimSpace(text)
		if len(inner) <= len("{}") {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, inner[1:len(inner)-1]...)
	}
	return append(out, '}')
}

// Filter selects occurrences that meet all of its fields; zero fields select all. An occurrence that lies in [EndAfter, StartBefore)
// with any part of its class, without padding, meets both.
type Filter struct {
	// ID is a whole identity, or the short form for people, which selects all that it fits: recording@2031-09-17 by the
	// planned local day, recording@2031-09-17T09:00 by its minute or T09:00:20 by its second where a day has several, and
	// plan/recording@2031-09-17 where plans share a recording's name.
	ID          string
	IDs         []string // whole identities, at most some hundreds
	Plan        string
	Recording   string
	App         string
	Open        bool // not ended
	States      []string
	StartBefore time.Time // Start < StartBefore
	EndAfter    time.Time // End > EndAfter, by an index on the start that relies on no class lasting longer than 40 days
	Limit       int       // at most so many, the earliest; 0: all

	after *Occurrence // only those that are listed after it
}

// Occurrences lists rows ordered by start and id.
func (s *Store) Occurrences(ctx context.Context, f Filter) ([]Occurrence, error) {
	text, args := f.query()
	return query(ctx, s, "list occurrences", text, args, scanOccurrence)
}

// longest is more than any class lasts: 720 hours by max-recording-hour-range, and what operators add.
const longest = 40 * 24 * time.Hour

// pageSize is how many rows are held at once where they are read page by page.
const pageSize = 500

// EachPage hands on the rows that [Store.Occurrences] lists in parts, so that however many there are never fill the
// memory. Rows that others write meanwhile may be in it or not.
func (s *Store) EachPage(ctx context.Context, f Filter, take func([]Occurrence) error) error {
	f.Limit = pageSize
	for {
		rows, err := s.Occurrences(ctx, f)
		if err != nil {
			return err
		}
		if err := take(rows); err != nil || len(rows) < pageSize {
			return err
		}
		f.after = &rows[len(rows)-1]
	}
}

// Loose is an occurrence that no worker looks at now and of which a session may yet be heard, in short: it has an orphan, or a session that was
// acquired and of which no sid is known.
type Loose struct {
	ID, App string
}

// Loose lists, by their identities, what has ended and has its end after an instant, and what is planned again after it was begun, where a
// session of it may yet be heard of.
func (s *Store) Loose(ctx context.Context, endsAfter time.Time) ([]Loose, error) {
	all, err := query(ctx, s, "list what may still run", readLoose, []any{endsAfter.UnixMilli()}, func(rows *sql.Rows) (l Loose, err error) {
		return l, rows.Scan(&l.ID, &l.App)
	})
	slices.SortFunc(all, func(a, b Loose) int { return cmp.Compare(a.ID, b.ID) })
	return all, err
}

// The states are as in the indexes, which no placeholder fits.
const (
	selectLoose = `SELECT id, owner FROM occurrences WHERE EXISTS (
		SELECT 1 FROM sessions WHERE occurrence_id = occurrences.id AND (sid = '' AND resource_id <> '' OR state = 'orphan'))`
	readLoose = selectLoose + ` AND state = 'ended' AND ends_at > $1 UNION ALL ` + selectLoose + ` AND state <> 'ended' AND state = 'planned' AND version > 0`
)

// EndedWith lists the rows that ended with one of some outcomes and have their end after an instant, in order of their end.
func (s *Store) EndedWith(ctx context.Context, after time.Time, outcomes ...string) ([]Occurrence, error) {
	text, args := endedWith(after, outcomes)
	return query(ctx, s, "list what has ended", text, args, scanOccurrence)
}

func endedWith(after time.Time, outcomes []string) (string, []any) {
	var c conditions
	c.parts = append(c.parts, "state = 'ended'") // as in the index
	c.add("ends_at > ", after.UnixMilli())
	c.in("outcome", outcomes)
	return "SELECT " + occurrenceColumns + " FROM occurrences" + c.where() + " ORDER BY ends_at, id", c.args
}

func (f Filter) query() (string, []any) {
	var c conditions
	if recording, when, short := strings.Cut(f.ID, "@"); short {
		if plan, rest, ok := strings.Cut(recording, "/"); ok {
			c.add("plan = ", plan)
			recording = rest
		}
		day, clock, timed := strings.Cut(when, "T")
		c.add("recording = ", recording)
		c.add("day = ", day)
		switch {
		case timed && len(clock) == len("09:00"): // any second of that minute
			c.add("substr(clock, 1, 5) = ", clock)
		case timed:
			c.add("clock = ", clock)
		}
	} else if f.ID != "" {
		c.add("id = ", f.ID)
	}
	if len(f.IDs) > 0 {
		c.in("id", f.IDs)
	}
	if f.Plan != "" {
		c.add("plan = ", f.Plan)
	}
	if f.Recording != "" {
		c.add("recording = ", f.Recording)
	}
	if f.App != "" {
		c.add("app = ", f.App)
	}
	if f.Open {
		c.parts = append(c.parts, "state <> 'ended'")
	}
	if len(f.States) > 0 {
		c.in("state", f.States)
	}
	if !f.StartBefore.IsZero() {
		// Starts are whole milliseconds, and so they are before the next one.
		c.add("starts_at < ", f.StartBefore.Add(time.Millisecond-1).UnixMilli())
	}
	if !f.EndAfter.IsZero() {
		c.add("ends_at > ", f.EndAfter.UnixMilli())
		c.add("starts_at > ", f.EndAfter.Add(-longest).UnixMilli()) // which is what the index goes by
	}
	if f.after != nil {
		c.parts = append(c.parts, "(starts_at, id) > ("+c.arg(f.after.Start.UnixMilli())+", "+c.arg(f.after.ID)+")")
	}
	text := "SELECT " + occurrenceColumns + " FROM occurrences" + c.where() + " ORDER BY starts_at, id"
	if f.Limit > 0 {
		text += " LIMIT " + c.arg(f.Limit)
	}
	return text, c.args
}
