// Package view is the read model: what the store and the active plans in it say, in the form in which commands, the JSON
// API and the duty page show it. It reads and never writes.
//
// Where to start:
//
//   - [ReadOverview] is `rundown status`: what runs, is due or has ended, the plans that wait, the daemon.
//   - [Finder.Between] gives the classes of any period: the rows of the store and, where it has none, the classes of the
//     active plans. [Finder.Class] finds the one class that an [ID] names.
//   - [ReadViews] adds the sessions to rows; [Views.List] is their JSON form.
//   - [AccountOf] reads what the runner keeps of a class into the types of package session; who needs one fact of a row asks
//     [ReadDoc] for its [OccurrenceDoc].
//   - [ReadDetails] is all that is known of one class: settings, life, log in sentences.
//   - [ReadRevisions] lists plan revisions, [ReadOrders] the orders that wait.
//   - calendar.go, forecast.go, closures.go, nodes.go: one kind of answer each.
//
// The types with JSON tags ([Occurrence], [Session], [Planned], [Revision], [Daemon], …) are a contract: fields may be
// added, never renamed. Times of a plan carry the offset of the class's zone, times of sessions are UTC with milliseconds.
// Nothing here holds a secret: addresses come without what their query and fragment hold.
package view
