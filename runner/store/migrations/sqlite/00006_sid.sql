-- +goose Up

-- A notification names a session by its sid, also long after the session ended.
CREATE INDEX sessions_by_sid ON sessions (sid) WHERE sid <> '';
