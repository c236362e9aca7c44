// Package rules judges a plan that is loaded: one rule a file, one list of them all (checks.go).
//
// [Check] gives the findings, with the severities that the plan sets and without those that a comment silences; [Review]
// also gives the forecast that the capacity rules judge by. The table of all rules, with statements and sources, is
// [plan.Rules]; how each documented restriction is kept, by a finding or by the program itself, is [EnforcementOf].
package rules
