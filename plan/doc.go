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
// All of these packages are pure: files, variables and the present time are passed in, and the same input gives the same
// output, byte for byte. None of them talks to the service. A mistake in a plan is a [Finding] and never an error or a
// panic.
package plan
