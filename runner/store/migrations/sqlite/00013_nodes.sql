-- +goose Up
-- +goose StatementBegin

-- A node is a process that works on the store. Its number is given by the store and is never used again; its name is for
-- people. alive_until moves with its heartbeats: whoever finds it in the past may bury the node, which frees its App IDs.
-- apps: the App IDs that it could work on, a JSON array.
CREATE TABLE nodes_by_number (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	name        TEXT NOT NULL,
	version     TEXT NOT NULL,
	started_at  INTEGER NOT NULL,
	beat_at     INTEGER NOT NULL,
	alive_until INTEGER NOT NULL,
	gone_at     INTEGER NOT NULL,
	apps        TEXT NOT NULL
);

INSERT INTO nodes_by_number (name, version, started_at, beat_at, alive_until, gone_at, apps)
SELECT name, '', 0, beat_at, beat_at, max(beat_at, 1), '[]' FROM nodes ORDER BY beat_at;

-- The owner of an App ID: the number of a node, 0 for nobody. Each change of owner raises the term, which fences the
-- writes of the one before. The row is written with the owner alone. seen_at: the last sign of life of the owner before.
CREATE TABLE owners (
	app     TEXT NOT NULL PRIMARY KEY,
	node    INTEGER NOT NULL,
	term    INTEGER NOT NULL,
	seen_at INTEGER NOT NULL
);

INSERT INTO owners (app, node, term, seen_at)
SELECT app, 0, term, coalesce((SELECT beat_at FROM nodes WHERE name = node), 0) FROM leases;

DROP TABLE leases;
DROP TABLE nodes;
ALTER TABLE nodes_by_number RENAME TO nodes;
ALTER TABLE owners RENAME TO leases;

CREATE INDEX nodes_alive ON nodes (id) WHERE gone_at = 0;
CREATE INDEX leases_of_node ON leases (node);

-- Reports are written anew within seconds.
DROP TABLE health;
CREATE TABLE health (
	node        INTEGER NOT NULL PRIMARY KEY,
	reported_at INTEGER NOT NULL,
	issues      TEXT NOT NULL
);

-- Sessions that the owner of an App ID began and could not store before it lost the App ID: a message to the next owner.
CREATE TABLE late_sids (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	app           TEXT NOT NULL,
	occurrence_id TEXT NOT NULL,
	attempt       INTEGER NOT NULL,
	cname         TEXT NOT NULL,
	uid           TEXT NOT NULL,
	resource_id   TEXT NOT NULL,
	sid           TEXT NOT NULL,
	found_at      INTEGER NOT NULL
);

CREATE UNIQUE INDEX late_sids_by_app ON late_sids (app, sid);
-- +goose StatementEnd
