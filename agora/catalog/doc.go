// Package catalog has the documented facts about the service as data: every restriction with its bounds, severity and
// source ([Restrictions], [Bound]), storage vendors and their regions ([Vendors]), areas to be preferred ([Area]), stream limits and
// prices ([StreamLimit], [UnitPrice]), and the pauses between tries ([Backoff]).
//
// restrictions.yaml is the source of the figures; it is parsed when it is first needed. A function that reads a figure
// panics where the file does not have it: that is a mistake in this program, and a test reads each of them. The package
// imports nothing of the project.
package catalog
