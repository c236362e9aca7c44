package plan

import "time"

// parseWhen reads a weekly or a dated time. The error is a [*syntaxError].
func parseWhen(s string) (When, error) { panic("skeleton") }

// newCron reads a cron expression of five fields for classes of the given length. The error is a [*syntaxError].
func newCron(expr string, length time.Duration) (When, error) { panic("skeleton") }
