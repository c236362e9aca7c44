package store

import "database/sql"

// addSpecs is insertSpec for many rows. It gives the identities of those that the store did not hold.
const addSpecs = `INSERT INTO occurrences (id, plan, recording, day, clock, app, url, starts_at, ends_at, spec, orders, spec_hash, origin, dropped,
		revision_id, generation, wakes_at, state, outcome, reason, reason_code, version, doc)
	SELECT g.id, g.plan, g.recording, g.day, g.clock, g.app, g.url, g.starts_at, g.ends_at, g.spec, g.orders, g.spec_hash, g.origin, g.dropped,
		g.revision_id, g.generation, g.wakes_at, 'planned', '', '', '', 0, '{}'
	FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::text[],
		$12::text[], $13::text[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[])
		AS g (id, plan, recording, day, clock, app, url, starts_at, ends_at, spec, orders, spec_hash, origin, dropped, revision_id, generation, wakes_at)
	ON CONFLICT (id) DO NOTHING RETURNING id`

// AddAll writes the specs of occurrences as [SpecTx.Add] does, and gives those that the store holds already.
func (t *SpecTx) AddAll(specs []Spec) (held []Spec, err error) {
	if !t.sql.arrays {
		for i := range specs {
			added, err := t.Add(specs[i])
			if err != nil {
				return nil, err
			}
			if !added {
				held = append(held, specs[i])
			}
		}
		return held, nil
	}
	if len(specs) == 0 {
		return nil, nil
	}
	c := newColumns(17, 7, 8, 13, 14, 15, 16)
	for i := range specs {
		c.add(t.args(specs[i])...)
	}
	rows, err := t.tx.QueryContext(t.ctx, addSpecs, c.args()...)
	if err != nil {
		return nil, err
	}
	ids, err := scanAll(rows, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
	added := map[string]bool{}
	for _, id := range ids {
		added[id] = true
	}
	for i := range specs {
		if !added[storableText(specs[i].ID)] {
			held = append(held, specs[i])
		}
	}
	return held, err
}
