// Package reason holds the closed list of reason codes: one word for why a class, a session, an order, a plan or a health
// issue is as it is. [Groups] describes each of them, and docs/reason-codes.md is written from it.
//
// A [Reason] is a code with the sentence for people, made by [Because]; a [Refusal] is an error that has one, made by [Refuse]. Codes
// are added, never renamed. The runner's packages and the commands use them; this one imports none of the program. Nothing decides by a
// sentence: what a program has to tell apart needs a code of its own.
package reason
