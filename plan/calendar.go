package plan

// Calendar is a named set of days.
type Calendar struct {
	Name    string
	Pos     Pos
	Entries []CalendarEntry
}

// CalendarEntry is a day or a run of days of a calendar.
type CalendarEntry struct {
	Pos  Pos
	Days DayRange
}
