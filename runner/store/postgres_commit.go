package store

import (
	"context"
	"fmt"
)

// commitAtOnce is what [Store.Commit] does, as one statement for a whole group of steps: the lease is locked first, and a step
// whose row is another writes nothing. It is a transaction of its own, so that a group crosses the network once, however
// many steps it has. It gives the identities of the steps that were written, and an empty one where the lease is held.
const commitAtOnce = `WITH owned AS (
	SELECT '' AS id FROM leases WHERE app = $1 AND term = $2 AND node = $3%s
), done AS (
	UPDATE occurrences o SET state = g.state, outcome = g.outcome, reason = g.reason, reason_code = g.reason_code, held_by = g.held_by, doc = g.doc,
		observed = g.observed, version = o.version + 1, wakes_at = CASE WHEN o.generation = g.observed THEN g.wake ELSE 0 END
	FROM owned, unnest($4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[])
		AS g (id, version, state, outcome, reason, reason_code, held_by, doc, observed, wake)
	WHERE o.id = g.id AND o.version = g.version AND o.owner = $1
	RETURNING o.id
), ran AS (
	INSERT INTO sessions (occurrence_id, attempt, app, cname, uid, resource_id, sid, state, doc)
	SELECT g.id, g.attempt, g.app, g.cname, g.uid, g.resource_id, g.sid, g.state, g.doc
	FROM unnest($14::text[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[])
		AS g (id, attempt, app, cname, uid, resource_id, sid, state, doc) JOIN done ON done.id = g.id
	ON CONFLICT (occurrence_id, attempt) DO UPDATE SET app = excluded.app, cname = excluded.cname, uid = excluded.uid,
		resource_id = excluded.resource_id, sid = excluded.sid, state = excluded.state, doc = excluded.doc
), logged AS (
	INSERT INTO events (occurrence_id, happened_at, kind, who, body, data)
	SELECT g.occurrence_id, g.happened_at, g.kind, g.who, g.body, g.data
	FROM unnest($23::text[], $24::text[], $25::bigint[], $26::text[], $27::text[], $28::text[], $29::text[])
		WITH ORDINALITY AS g (id, occurrence_id, happened_at, kind, who, body, data, place) JOIN done ON done.id = g.id
	ORDER BY g.place
), told AS (
	INSERT INTO announcements (id, happened_at, kind, plan, subject, data, routed)
	SELECT g.name, g.happened_at, g.kind, g.plan, g.subject, g.data, 0
	FROM unnest($30::text[], $31::text[], $32::bigint[], $33::text[], $34::text[], $35::text[], $36::text[])
		WITH ORDINALITY AS g (id, name, happened_at, kind, plan, subject, data, place) JOIN done ON done.id = g.id
	ORDER BY g.place
)
SELECT id FROM done UNION ALL SELECT id FROM owned`

// columns are the arguments of a statement that takes many rows: an array for each column. Their number is that of the
// first row, and all arrays have the same length.
type columns struct {
	texts   map[int][]string
	numbers map[int][]int64
	width   int
}

func newColumns(width int, numbers ...int) *columns {
	c := &columns{texts: map[int][]string{}, numbers: map[int][]int64{}, width: width}
	for i := range width {
		c.texts[i] = []string{} // nil would be NULL
	}
	for _, i := range numbers {
		delete(c.texts, i)
		c.numbers[i] = []int64{}
	}
	return c
}

// add adds a row. Its values are as [storable] leaves them.
func (c *columns) add(row ...any) {
	for i, v := range storable(row) {
		switch v := v.(type) {
		case string:
			c.texts[i] = append(c.texts[i], v)
		case int64:
			c.numbers[i] = append(c.numbers[i], v)
		case int:
			c.numbers[i] = append(c.numbers[i], int64(v))
		default: // a column that is left out would shift the rows against each other
			panic(fmt.Sprintf("store: column %d of a row is a %T", i+1, v))
		}
	}
}

func (c *columns) args() (args []any) {
	for i := range c.width {
		if n, ok := c.numbers[i]; ok {
			args = append(args, n)
		} else {
			args = append(args, c.texts[i])
		}
	}
	return args
}

// commitGroup commits steps of different occurrences by [commitAtOnce].
func (s *Store) commitGroup(ctx context.Context, app string, term int64, steps []Step, results []error) error {
	args := append([]any{app, term, s.NodeID()}, groupArgs(steps, results)...)
	written := map[string]bool{}
	owned := false
	err := s.writeAtOnce(ctx, s.w, "commit", func(ctx context.Context, q single) error {
		clear(written)
		owned = false
		rows, err := q.QueryContext(ctx, fmt.Sprintf(commitAtOnce, s.sql.share), args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			written[id] = true
			owned = owned || id == ""
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	for i := range steps {
		st := &steps[i]
		switch {
		case !owned:
			results[i] = st.fenced(app, term)
		case results[i] == nil && !written[st.ID]:
			results[i] = st.stale(app)
		}
	}
	return nil
}

// groupArgs are the arguments of [commitAtOnce] from its fourth on, of the steps that have no error yet.
func groupArgs(steps []Step, results []error) []any {
	status, sessions := newColumns(10, 1, 8, 9), newColumns(9, 1)
	events, announced := newColumns(7, 2), newColumns(7, 2)
	for i := range steps {
		st := &steps[i]
		if results[i] != nil {
			continue
		}
		status.add(st.ID, st.Version, st.State, st.Outcome, st.Reason, st.ReasonCode, st.HeldBy, object(st.Doc), st.Observed, st.wake())
		for _, r := range st.Sessions {
			sessions.add(st.ID, r.Attempt, r.App, r.Cname, r.UID, r.ResourceID, r.SID, r.State, string(r.Doc))
		}
		for _, e := range st.Events {
			events.add(append([]any{st.ID}, st.eventRow(e)...)...)
		}
		for _, a := range st.Announced {
			announced.add(append([]any{st.ID}, a.row()...)...)
		}
	}
	args := status.args()
	for _, c := range []*columns{sessions, events, announced} {
		args = append(args, c.args()...)
	}
	return args
}

// distinct says that no two steps are of one occurrence, and no two of their sessions are one.
func distinct(steps []Step) bool {
	type attempt struct {
		id string
		n  int
	}
	ids, attempts := map[string]bool{}, map[attempt]bool{}
	for i := range steps {
		id := storableText(steps[i].ID)
		if ids[id] {
			return false
		}
		ids[id] = true
		for _, r := range steps[i].Sessions {
			one := attempt{id, r.Attempt}
			if attempts[one] {
				return false
			}
			attempts[one] = true
		}
	}
	return true
}
