// Package planfile reads plans from the file system of the host.
//
//   - [Load] reads a root file and its includes through [Files]. Files keeps what was read, limits its size, and refuses
//     files outside the folders that a plan may include from. [Checked.Check] adds the findings of the rules.
//   - [NewLookup] resolves references, and [IssueSTS] runs the sts commands of a plan. Their errors never contain a value.
//   - [Revision] converts a plan to the form in which the store keeps it, without secrets.
//   - [Watch] says when plan files are to be compared with what was read of them, and [Files.Again] reads them again.
//
// Start reading at checked.go. Commands and the daemon call this package. It imports load, rules and
// forecast, and of the runner and the store the form of a revision: no engine, and no command.
package planfile
