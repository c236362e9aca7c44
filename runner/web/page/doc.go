// Package page is the duty page: what a person on duty needs to see in one look, and the acts that the page offers.
//
// A request goes through these files:
//
//	page.go      the routes and errors
//	source.go    what the pages read: the store by package view, the plans, the daemon; model.go has the types
//	day.go …     one file a page: it reads the source and builds what the template of the same name shows
//	look.go      how a class looks: one word, one icon and one colour for each state and outcome
//	times.go     times and durations as texts, in the class's zone and the viewer's
//	axis.go      the time axis of a day, by the wall clock, over changes of the clock
//	lanes.go     how classes share the lanes of a timeline
//	span.go      the parts of a class: early, recorded, gap, late, after, planned
//	act.go       confirmation pages and the forms that carry an act out; give.go judges and gives the order
//	made.go      answers that are kept for a moment, since many people look at the same page; recall.go: plans that are kept
//
// Who may look and act is decided before, by package access, whose guard also sets the headers of every answer and refuses
// forms of other origins; the pages ask the caller that it names.
//
// All geometry is pure: it takes instants and gives positions in percent, so that tables can test it. The pages are
// complete without a script; static/live.js only replaces the parts of a page that have changed.
//
// No page has a style or a script within it, and none loads anything from elsewhere: positions are attributes of SVG.
package page
