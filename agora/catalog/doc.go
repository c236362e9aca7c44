// Package catalog holds the documented facts about the service as data: every restriction with its bounds, severity and
// source ([Restrictions], [Bound]; restrictions.yaml is read once, when it is first asked), storage vendors and their
// regions ([Vendors]), stream limits and prices, and the waits between tries ([Backoff]).
//
// A function that reads a figure panics where restrictions.yaml does not have it: that is a mistake in this program, and
// a test asks for each of them.
package catalog
