-- +goose Up
-- +goose StatementBegin

-- Times are Unix milliseconds in UTC, 0 where there is none. JSON and masked plans are text, '' where there is none.

CREATE TABLE settings (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);

CREATE TABLE revisions (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	applied_at INTEGER NOT NULL,
	plan       TEXT NOT NULL,
	path       TEXT NOT NULL,
	hash       TEXT NOT NULL,
	who        TEXT NOT NULL,
	git_commit TEXT NOT NULL,
	body       TEXT NOT NULL
);

CREATE INDEX revisions_by_plan ON revisions (plan, id);

CREATE TABLE occurrences (
	id          TEXT NOT NULL PRIMARY KEY,
	plan        TEXT NOT NULL,
	recording   TEXT NOT NULL,
	day         TEXT NOT NULL,
	clock       TEXT NOT NULL,
	app         TEXT NOT NULL,
	url         TEXT NOT NULL,
	starts_at   INTEGER NOT NULL,
	ends_at     INTEGER NOT NULL,
	state       TEXT NOT NULL,
	outcome     TEXT NOT NULL,
	reason      TEXT NOT NULL,
	wakes_at    INTEGER NOT NULL,
	revision_id INTEGER NOT NULL,
	version     INTEGER NOT NULL,
	doc         TEXT NOT NULL
);

CREATE INDEX occurrences_by_start ON occurrences (starts_at, id);
CREATE INDEX occurrences_by_day ON occurrences (recording, day);
CREATE INDEX occurrences_open ON occurrences (app, starts_at) WHERE state <> 'ended';

CREATE TABLE sessions (
	occurrence_id TEXT NOT NULL REFERENCES occurrences (id) ON DELETE CASCADE,
	attempt       INTEGER NOT NULL,
	app           TEXT NOT NULL,
	cname         TEXT NOT NULL,
	uid           TEXT NOT NULL,
	resource_id   TEXT NOT NULL,
	sid           TEXT NOT NULL,
	state         TEXT NOT NULL,
	doc           TEXT NOT NULL,
	PRIMARY KEY (occurrence_id, attempt)
);

-- Events outlive their occurrence, hence no foreign key.
CREATE TABLE events (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	occurrence_id TEXT NOT NULL,
	happened_at   INTEGER NOT NULL,
	kind          TEXT NOT NULL,
	who           TEXT NOT NULL,
	body          TEXT NOT NULL,
	data          TEXT NOT NULL
);

CREATE INDEX events_by_occurrence ON events (occurrence_id, seq);

-- A command may be given before its occurrence is stored, hence no foreign key.
CREATE TABLE commands (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	given_at      INTEGER NOT NULL,
	occurrence_id TEXT NOT NULL,
	kind          TEXT NOT NULL,
	who           TEXT NOT NULL,
	reason        TEXT NOT NULL,
	args          TEXT NOT NULL,
	settled_at    INTEGER NOT NULL,
	result        TEXT NOT NULL
);

CREATE INDEX commands_waiting ON commands (id) WHERE settled_at = 0;

-- A node's incarnation rises each time that it starts, so that a process which has the name and number of one that
-- died does not pass for it.
CREATE TABLE nodes (
	name        TEXT NOT NULL PRIMARY KEY,
	incarnation INTEGER NOT NULL,
	beat_at     INTEGER NOT NULL
);

-- The owner of an App ID. Each change of owner raises the term, which fences the writes of the one before.
CREATE TABLE leases (
	app         TEXT NOT NULL PRIMARY KEY,
	node        TEXT NOT NULL REFERENCES nodes (name),
	incarnation INTEGER NOT NULL,
	term        INTEGER NOT NULL,
	held_until  INTEGER NOT NULL
);
-- +goose StatementEnd
