-- +goose Up
-- +goose StatementBegin

-- What happened that people may want to hear of, written in the transaction in which it happened. routed: messages were
-- made of it for those who hear of it.
CREATE TABLE announcements (
	seq         INTEGER PRIMARY KEY AUTOINCREMENT,
	id          TEXT NOT NULL,
	happened_at INTEGER NOT NULL,
	kind        TEXT NOT NULL,
	plan        TEXT NOT NULL,
	subject     TEXT NOT NULL,
	data        TEXT NOT NULL,
	routed      INTEGER NOT NULL
);

CREATE INDEX announcements_to_route ON announcements (seq) WHERE routed = 0;

-- The messages: one for each target that hears of an announcement. A message and its target are unique, so that what is
-- made twice after a crash is one message.
CREATE TABLE outbox (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT NOT NULL,
	target     TEXT NOT NULL,
	kind       TEXT NOT NULL,
	plan       TEXT NOT NULL,
	subject    TEXT NOT NULL,
	severity   TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	due_at     INTEGER NOT NULL,
	tries      INTEGER NOT NULL,
	state      TEXT NOT NULL,
	settled_at INTEGER NOT NULL,
	result     TEXT NOT NULL,
	body       TEXT NOT NULL,
	UNIQUE (target, id)
);

CREATE INDEX outbox_waiting ON outbox (target, subject, seq) WHERE state = 'waiting';
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE state <> 'waiting';

-- What was announced of conditions that last, by name, so that a restart announces neither twice nor never.
CREATE TABLE marks (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);
-- +goose StatementEnd
