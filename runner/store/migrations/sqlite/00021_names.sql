-- +goose Up
-- +goose StatementBegin

-- Keys of the stored documents got the names that the code has. A key is replaced together with its quotes and its colon,
-- which no string of a JSON text holds unescaped.
UPDATE sessions SET doc =
	replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(doc,
	'"lane":', '"replica":'),
	'"doubt":', '"start_uncertain":'),
	'"refused":', '"only_blocked":'),
	'"denied":', '"start_errored":'),
	'"cut":', '"interrupted":'),
	'"named":', '"from_named":'),
	'"empty":', '"nothing_written":'),
	'"vague":', '"unclear_answer":'),
	'"gone_at":', '"not_found_at":'),
	'"stop_gone_at":', '"stop_not_found_at":'),
	'"stop_doubt_at":', '"stop_unanswered_at":'),
	'"then":', '"final_state":'),
	'"no_update":', '"rejected_target":'),
	'"keys_until":', '"credentials_until":'),
	'"unrenewed":', '"renewal_error":'),
	'"ran_out":', '"credentials_expired":'),
	'"beset":', '"waiting_for_uid":'),
	'"taken":', '"uid_conflict":'),
	'"counted":', '"counted_failure":'),
	'"leaving":', '"draining":'),
	'"lapsed":', '"expired":'),
	'"told_at":', '"reported_end_at":'),
	'"told":', '"reported_end":');

UPDATE occurrences SET doc =
	replace(replace(replace(replace(replace(doc,
	'"earlier":', '"earlier_sessions":'),
	'"lanes":', '"replicas":'),
	'"gave_up":', '"abandon_reason":'),
	'"gave_up_code":', '"abandon_code":'),
	'"fell_from":', '"failed_over_from":');
-- +goose StatementEnd
