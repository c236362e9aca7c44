package store

import (
	"context"
	"database/sql"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// txn is a write transaction. Arguments pass through [storable].
type txn struct{ tx *sql.Tx }

func (t *txn) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, text, storable(args)...)
}

// QueryContext reads rows. They must be closed before the next statement: PostgreSQL answers one at a time.
func (t *txn) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, text, storable(args)...)
}

func (t *txn) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, text, storable(args)...)
}

// single runs one statement outside of a transaction. Arguments pass through [storable].
type single struct{ conn *sql.Conn }

func (q single) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return q.conn.QueryContext(ctx, text, storable(args)...)
}

func (q single) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	return q.conn.QueryRowContext(ctx, text, storable(args)...)
}

// storable changes arguments in place to what both databases take: text without NUL and invalid UTF-8, and numbers for
// truth values.
func storable(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = storableText(v)
		case bool:
			args[i] = 0
			if v {
				args[i] = 1
			}
		case int, int64, time.Time, nil:
		default:
			if r := reflect.ValueOf(a); r.Kind() == reflect.String {
				args[i] = storableText(r.String())
			}
		}
	}
	return args
}

// storableText puts the replacement character where PostgreSQL would refuse the text.
func storableText(text string) string {
	const replacement = "\uFFFD"
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", replacement)
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, replacement)
	}
	return text
}

// millis is how a time is kept: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the time that [millis] made n of.
func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// document is how text in bytes was kept: nil for none.
func document(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

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
