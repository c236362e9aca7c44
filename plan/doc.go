// Package plan reads what should be recorded and when.
//
// [Load] turns YAML files into a [Plan] and findings with positions; [Check] applies every rule; [Plan.Occurrences]
// expands the recordings into the classes of a window. Everything here is pure: files, variables and the present
// time are passed in, and the same input gives the same output, byte for byte.
//
// The package never talks to the service, never reads the environment and never shows a secret: what a reference
// stands for is only known to who calls [Text.Resolve].
package plan
