// Package rules checks a loaded plan: one subject in a file, and one list of all rules (checks.go).
//
// [Check] returns the findings, with the severities that the plan sets and without those that a comment suppresses;
// [Review] also returns the forecast that the capacity rules use. A check gets a checker (checker.go), which has the plan,
// its schedule and its forecast, each made once, and reports what is wrong, what is allowed, and a hint. Findings about
// values that many recordings inherit are grouped (each.go).
//
// A check says nothing about what could not be read: the loader has reported that, and a finding that only follows from it would
// hide the mistake ([plan.Recording.Unread], Plan.UnreadRecordings, Uses.Unclear).
//
// [plan.Rules] has the statements and sources of all rules, including those of the loader. [MechanismOf] says how each
// documented restriction is enforced, by a finding or by the program itself.
package rules
