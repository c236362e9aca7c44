// Package plan is the model of what should be recorded and when: plans, recordings, settings, occurrences, findings.
//
// It knows neither YAML nor a clock. What comes in and goes out:
//
//	YAML files -> plan/load -> Plan and findings
//	Plan -> plan/schedule -> classes of a window, when to ask for their starts
//	Plan -> plan/forecast -> peaks, requests, minutes, money; the difference of two plans
//	Plan -> plan/rules -> findings of every rule
//
// Start reading at [Plan], then [Settings] and [Text]. A Text never prints a secret: what a reference stands for is
// known only to who calls [Text.Resolve]. The packages below are pure: files, variables and the present time are passed
// in, and the same input gives the same output, byte for byte. None of them talks to the service.
package plan
