// Package rules checks a loaded plan: one subject in a file, and one list of all rules (checks.go).
//
// [Check] returns the findings, with the severities that the plan sets and without those that a comment suppresses;
// [Review] also returns the forecast that the capacity rules use. A check gets a checker (checker.go), which has the plan,
// its schedule and its forecast, each made once, and reports what is wrong, what is allowed, and a hint. Findings about
// values that many recordings inherit are grouped (each.go).
//
// [plan.Rules] has the statements and sources of all rules, including those of the loader. [MechanismOf] says how each
// documented restriction is enforced, by a finding or by the program itself.
package rules
