-- +goose Up
-- +goose StatementBegin

-- What is open is read in order of start, whatever its app: at each start, among all that has ended.
DROP INDEX occurrences_open;
CREATE INDEX occurrences_open ON occurrences (starts_at, id) WHERE state <> 'ended';
-- +goose StatementEnd
