// Package schedule expands a plan into classes: calendars, weekly times, dates and cron expressions, changes, clock
// changes, padding that neighbours shorten, and the placement of start requests within the request budget.
//
// [All] and [Occurrences] give the classes of a window; [Briefs] gives the same in numbers, for those who hold many; a
// [Finder] finds one by its id. [Lead], [HoldLead] and [Place] say how long before a class its requests begin.
//
// Inside, [New] prepares a [Schedule] with a [Timetable] for each recording. A timetable goes from days ([Timetable.NextDay])
// to planned classes ([Timetable.PlannedOn]) to instances with their changes ([Timetable.Classes]); [Schedule.Group] then
// shortens the padding of the recordings that share a page. All instants inside are Unix seconds. A Schedule is for one
// goroutine, since recordings share wall clocks.
package schedule
