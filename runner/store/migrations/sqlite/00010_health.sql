-- +goose Up
-- +goose StatementBegin

-- The health issues that each daemon reports, for commands that only read the store: a JSON array.
CREATE TABLE health (
	node        TEXT NOT NULL PRIMARY KEY,
	reported_at INTEGER NOT NULL,
	issues      TEXT NOT NULL
);
-- +goose StatementEnd
