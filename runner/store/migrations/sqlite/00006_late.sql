-- +goose Up
-- +goose StatementBegin

-- A notification names a session by its sid, also long after the session ended.
CREATE INDEX sessions_by_sid ON sessions (sid) WHERE sid <> '';

-- Each start reads those of the last day, among all that was ever logged.
CREATE INDEX events_of_notices ON events (happened_at) WHERE kind = 'webhook';

-- Each start asks for what has ended of late, and what is old is removed by its end.
CREATE INDEX occurrences_ended ON occurrences (ends_at, id) WHERE state = 'ended';
-- +goose StatementEnd
