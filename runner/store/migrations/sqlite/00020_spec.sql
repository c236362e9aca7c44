-- +goose Up
-- +goose StatementBegin

-- An occurrence has a spec, what is wanted of it, and a status, what is happening to it. Specs are written by transactions
-- that begin by raising the counter in 'changes', statuses by the process that owns the App ID, under its term and the
-- row's version. wakes_at is written by both: the writer of a spec sets it to 0, at once, and the owner to what it wants,
-- unless the generation has moved on. The greatest integer is never.
CREATE TABLE changes (
	one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
	n   INTEGER NOT NULL
);

INSERT INTO changes (one, n) VALUES (1, 0);

ALTER TABLE occurrences ADD COLUMN spec TEXT NOT NULL DEFAULT '{}';
ALTER TABLE occurrences ADD COLUMN orders TEXT NOT NULL DEFAULT '{}'; -- of operators, summed up; the table commands has each
ALTER TABLE occurrences ADD COLUMN spec_hash TEXT NOT NULL DEFAULT ''; -- what two specs are compared by
ALTER TABLE occurrences ADD COLUMN origin TEXT NOT NULL DEFAULT ''; -- '': a plan's schedule; else who else asked for it
ALTER TABLE occurrences ADD COLUMN absent INTEGER NOT NULL DEFAULT 0; -- no plan holds it any more
ALTER TABLE occurrences ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0; -- its plan cancels it
ALTER TABLE occurrences ADD COLUMN generation INTEGER NOT NULL DEFAULT 0; -- changes.n of the transaction that wrote the spec last
ALTER TABLE occurrences ADD COLUMN observed INTEGER NOT NULL DEFAULT 0; -- the generation that the status has taken in
ALTER TABLE commands ADD COLUMN generation INTEGER NOT NULL DEFAULT 0; -- of the transaction in which it was given
ALTER TABLE occurrences ADD COLUMN held_by TEXT NOT NULL DEFAULT ''; -- App ID that has sessions of it which are not over; '' for none
ALTER TABLE occurrences ADD COLUMN owner TEXT GENERATED ALWAYS AS (CASE held_by WHEN '' THEN app ELSE held_by END) VIRTUAL;

UPDATE occurrences SET spec = doc,
	held_by = CASE WHEN state IN ('starting', 'recording', 'stopping') THEN app ELSE '' END,
	wakes_at = CASE state WHEN 'ended' THEN 9223372036854775807 WHEN 'planned' THEN starts_at - 120000 ELSE 0 END;

CREATE INDEX occurrences_due ON occurrences (owner, wakes_at) WHERE wakes_at < 9223372036854775807;
CREATE INDEX occurrences_changed ON occurrences (generation);
CREATE INDEX commands_of_occurrence ON commands (occurrence_id, id);
CREATE INDEX sessions_without_sid ON sessions (cname, uid) WHERE sid = '' AND resource_id <> '';
-- +goose StatementEnd
