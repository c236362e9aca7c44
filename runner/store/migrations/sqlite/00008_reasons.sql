-- +goose Up
-- +goose StatementBegin

-- Why, in one word of docs/reason-codes.md, beside the sentence for people; '' where there is nothing to tell: the class
-- was recorded, the order was carried out, the revision is active or was.
ALTER TABLE occurrences ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
ALTER TABLE commands ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
ALTER TABLE revisions ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';

-- The earlier revision to which an operator went back by this one; 0 for none.
ALTER TABLE revisions ADD COLUMN back_to INTEGER NOT NULL DEFAULT 0;

-- Until now the sentences told these apart.
UPDATE commands SET reason_code = 'order-invalid' WHERE settled_at <> 0 AND result <> 'done';
UPDATE revisions SET reason_code = CASE state WHEN 'refused' THEN 'plan-rejected' ELSE 'plan-waiting' END WHERE state IN ('refused', 'waiting');
UPDATE revisions SET back_to = CAST(substr(note, length('back to revision ') + 1) AS INTEGER) WHERE note LIKE 'back to revision %';
UPDATE occurrences SET doc = json_set(doc, '$.cancel.reason_code',
	CASE json_extract(doc, '$.cancel.who') WHEN 'the plan' THEN 'cancelled-by-plan' ELSE 'cancelled-by-operator' END)
WHERE iif(json_valid(doc), json_type(doc, '$.cancel'), '') = 'object';
-- +goose StatementEnd
