-- +goose Up
-- +goose StatementBegin

-- The planned local day and time of a command's occurrence: they name the class where its identity, which is in UTC,
-- becomes another because the rules of its time zone change. '' where they are not known.
ALTER TABLE commands ADD COLUMN day TEXT NOT NULL DEFAULT '';
ALTER TABLE commands ADD COLUMN clock TEXT NOT NULL DEFAULT '';

UPDATE commands SET (day, clock) = (SELECT day, clock FROM occurrences WHERE id = occurrence_id)
WHERE EXISTS (SELECT 1 FROM occurrences WHERE id = occurrence_id);

-- Each start asks for those of the classes that may still be recorded, by the instant at the end of their identity.
CREATE INDEX commands_by_start ON commands (substr(occurrence_id, -16));
-- +goose StatementEnd
