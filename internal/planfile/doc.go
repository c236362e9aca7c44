// Package planfile reads plans from the machine on which the program runs.
//
// [Load] reads a root file and what it includes by way of [Files], which remembers what was read, bounds it and refuses
// what a plan may not name. [Checked.Check] adds what the rules find. [NewLookup] and [IssueSTS] give what the references
// and the sts commands of a plan stand for; no error of theirs holds a value. [Revision] is the form of a plan that the
// store keeps, without secrets. [Watch] tells a daemon that files may have changed, and [Files.Again] reads them once more.
//
// Start reading at checked.go. The commands and the daemon call this package; it calls load, rules and the runner's form
// of revisions, and knows no command.
package planfile
