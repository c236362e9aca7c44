-- +goose Up
-- +goose StatementBegin

-- Notifications of the service that reached a node which does not own their session: messages to the owner of the App ID.
-- notice_key tells one from another; doc is the notification as JSON, without secrets.
CREATE TABLE relayed_notices (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	app           TEXT NOT NULL,
	occurrence_id TEXT NOT NULL,
	notice_key    TEXT NOT NULL,
	doc           TEXT NOT NULL,
	received_at   INTEGER NOT NULL
);

CREATE UNIQUE INDEX relayed_notices_by_app ON relayed_notices (app, notice_key);
-- +goose StatementEnd
