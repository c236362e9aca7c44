// Package plan is the model of what is recorded and when: plans, recordings, settings, occurrences and findings.
//
// It knows neither YAML nor a clock. What goes in and comes out:
//
//	YAML files -> plan/load     -> Plan and findings of single values
//	Plan       -> plan/schedule -> occurrences of a window, and when to send their first requests
//	Plan       -> plan/forecast -> concurrency, requests, minutes and cost; the difference between two plans
//	Plan       -> plan/rules    -> findings of every other rule
//
// Calls run from rules to forecast to schedule to plan, and from load to plan; nothing here calls them back. Start reading
// at [Plan], then [Settings] with [SettingTable], then [Text]. A Text never prints a secret: only who calls
// [Text.Resolve] gets the value of a reference.
//
//	plan.go, settings.go             the model, and the table by which settings are shown, compared and layered
//	when.go, day.go, calendar.go, change.go
//	                                 times as plans write them; plan/schedule makes instants of them
//	occurrence_ids.go, limits.go     what follows from a class and an App ID: uids, hours, request rate
//	secret.go, reference.go, texts.go
//	                                 texts with references and placeholders, and what of them may be shown
//	finding.go, hint.go, source.go   findings, their edits, and places in a file
//	rule.go, rule_table.go, suppress.go, restriction.go
//	                                 the rules by id, their severities, comments that silence them, bounds of the catalogue
//	notify.go                        who hears of which event
//	tzdata.go, zone_offset.go        time zones, from the binary alone
//
// All of these packages are pure: files, variables and the present time are passed in, and the same input gives the same
// output, byte for byte. None of them talks to the service. A mistake in a plan is a [Finding] and never an error or a
// panic.
package plan
