-- +goose Up
-- +goose StatementBegin

-- Each lane has its pair of uids and its count of failures, in lists. 'uids' and 'second_uids' held a pair each; the
-- counts of the first lane stood beside them, those of the second in 'second'.
UPDATE occurrences SET doc = json_remove(
	json_set(doc,
		'$.uids', json(iif(json_type(doc, '$.second_uids') = 'array',
			json_array(json_extract(doc, '$.uids'), json_extract(doc, '$.second_uids')),
			json_array(json_extract(doc, '$.uids')))),
		'$.lanes', json_array(
			json_patch('{}', json_object(
				'failures', json_extract(doc, '$.failures'), 'page_failures', json_extract(doc, '$.page_failures'),
				'retry_at', json_extract(doc, '$.retry_at'), 'gave_up', json_extract(doc, '$.gave_up'))),
			json(coalesce(json_extract(doc, '$.second'), '{}')))),
	'$.second_uids', '$.second', '$.failures', '$.page_failures', '$.retry_at', '$.gave_up')
WHERE iif(json_valid(doc), json_type(doc, '$.uids[0]'), '') = 'text';
-- +goose StatementEnd
