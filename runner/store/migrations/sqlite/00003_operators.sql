-- +goose Up
-- +goose StatementBegin

-- What became of a revision: '' given, 'confirmed' by an operator, 'waiting' for that, 'refused'; note says why.
ALTER TABLE revisions ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE revisions ADD COLUMN note TEXT NOT NULL DEFAULT '';

CREATE INDEX events_by_time ON events (happened_at);
-- +goose StatementEnd
