// Package schedule expands a plan into classes: calendars, weekly times, dates and cron expressions, changes, clock
// changes, padding that gives way to neighbours, and the placing of start requests within the request rate.
//
// [All] and [Occurrences] list the classes of a window; [Briefs] gives the same by their numbers, for those who hold many;
// a [Finder] looks one up by its identity. Inside, [New] makes a [Schedule] of a plan: a [Timetable] for each recording,
// which iterates over [Instance] values in Unix seconds. A Schedule is for one goroutine: recordings share wall clocks.
// [Lead], [HoldLead] and [Place] say how long before a class its requests begin.
package schedule
