// Package forecast says what plans will ask of the service: concurrent sessions, request rate, minutes and cost; and how
// two plans differ.
//
// [Of] makes a [Forecast] in one sweep over the starts and ends of all classes; recordings that are alike are counted
// once. [Diff] compares the classes, settings and figures of two plans.
package forecast
