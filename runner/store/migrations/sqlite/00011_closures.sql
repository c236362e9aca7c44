-- +goose Up
-- +goose StatementBegin

-- Orders of operators for every class that matches: a day that is closed, a day on which classes last longer, a recording
-- that is paused. They hold for classes that a later plan adds as well.
CREATE TABLE closures (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	given_at     INTEGER NOT NULL,
	kind         TEXT NOT NULL, -- cancel, extend, pause
	day          TEXT NOT NULL, -- 2031-12-17, in the zone of each class; '' of a pause
	from_clock   TEXT NOT NULL, -- 09:00; '': no bound
	until_clock  TEXT NOT NULL,
	labels       TEXT NOT NULL, -- a JSON object
	recording    TEXT NOT NULL, -- a glob; '': any
	length_ms    INTEGER NOT NULL, -- of an extension
	who          TEXT NOT NULL,
	reason       TEXT NOT NULL,
	ended_at     INTEGER NOT NULL, -- 0: it holds
	ended_by     TEXT NOT NULL,
	ended_reason TEXT NOT NULL
);

-- The classes for which a closure gave an order. The row is written before the order: given says that the order is
-- stored, so that a crash in between is seen.
CREATE TABLE closure_classes (
	closure_id    INTEGER NOT NULL REFERENCES closures (id),
	occurrence_id TEXT NOT NULL,
	given         INTEGER NOT NULL,
	PRIMARY KEY (closure_id, occurrence_id)
);
-- +goose StatementEnd
