// Package reason holds the closed list of reason codes: one word for why a class, a session, an order, a plan or a health
// issue is as it is. [Groups] describes each of them, and docs/reason-codes.md is written from it.
//
// A [Reason] is a code with the sentence for people; a [Refusal] is an error that has one. Codes are added, never renamed.
package reason
