package store

import (
	"strconv"
	"strings"
)

// conditions gathers what a row must satisfy, all of it, with numbered placeholders.
type conditions struct {
	parts []string
	args  []any
}

// arg adds an argument and returns its placeholder.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// add demands what the text before the value says.
func (c *conditions) add(text string, v any) { c.parts = append(c.parts, text+c.arg(v)) }

// in demands one of the values.
func (c *conditions) in(column string, values []string) {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = c.arg(v)
	}
	c.parts = append(c.parts, column+" IN ("+strings.Join(marks, ", ")+")")
}

// where is the clause, "" when nothing is demanded.
func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}
