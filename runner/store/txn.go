package store

import (
	"context"
	"database/sql"
	"reflect"
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

// prepared is a statement whose arguments pass through [storable].
type prepared struct{ stmt *sql.Stmt }

func (p prepared) in(ctx context.Context, tx *txn) prepared {
	return prepared{tx.tx.StmtContext(ctx, p.stmt)}
}

func (p prepared) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return p.stmt.ExecContext(ctx, storable(args)...)
}

func (p prepared) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return p.stmt.QueryRowContext(ctx, storable(args)...)
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
