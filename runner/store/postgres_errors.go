package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// unreachableError is an [ErrUnreachable] with a text of its own.
type unreachableError struct {
	text  string
	cause error
}

func (e *unreachableError) Error() string        { return e.text }
func (e *unreachableError) Unwrap() error        { return e.cause }
func (e *unreachableError) Is(target error) bool { return target == ErrUnreachable }

// states says what PostgreSQL's error codes mean for who runs the program, and what to try. The longest beginning counts.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
var states = []struct {
	code   string
	advice string
	kind   error // nil: none that callers branch on
}{
	{"08", "the server cannot be reached: look whether it runs", ErrUnreachable},
	{"57P0", "the server is shutting down or starting: try again", ErrUnreachable},
	{"57P04", "the database was dropped", ErrUnreachable},
	{"57P05", "the connection was idle for too long", ErrUnreachable},
	{"53300", "the server takes no more connections: raise its max_connections, or end some", ErrUnreachable},
	{"53100", "the server's disk is full: free some space", ErrUnwritable},
	{"53", "the server lacks resources", ErrUnreachable},
	{"25006", "it is read-only: name the primary server", ErrUnwritable},
	{"25P03", "the transaction was idle for too long: try again", nil},
	{"28", "the server does not accept the credentials: look at the user, the password and pg_hba.conf", nil},
	{"3D000", "the database does not exist: create it with createdb", nil},
	{"08P01", poolerAdvice, nil},
	{"42P05", poolerAdvice, nil},
	{"26000", poolerAdvice, nil},
	{"42P01", "it lacks a table: it is no store of rundown, or damaged", nil},
	{"42501", "the user lacks permission: give it the database and its schema", nil},
	{"55P03", "another transaction keeps it locked: try again", nil},
	{"57014", "the server took too long: try again", nil},
	{"40", "other transactions were in the way: try again", nil},
}

const poolerAdvice = "a connection pooler that shares connections between transactions is in between: connect to the server itself"

// explainPostgres makes one line of an error of the server or of the way to it.
func (s *Store) explainPostgres(doing string, err error) error {
	var refused *serverError
	if errors.As(err, &refused) {
		return &postgresError{text: "store " + s.path + ": " + refused.text, kind: refused.kind, cause: refused}
	}
	fail := &postgresError{cause: err}
	advice, said := "", ""
	var answer *pgconn.PgError
	switch {
	case errors.As(err, &answer):
		said = answer.Message + " (SQLSTATE " + answer.Code + ")"
		longest := ""
		for _, one := range states {
			if strings.HasPrefix(answer.Code, one.code) && len(one.code) > len(longest) {
				longest, advice, fail.kind = one.code, one.advice, one.kind
			}
		}
	case lost(err):
		advice, said, fail.kind = "the server cannot be reached: look whether it runs", networkCause(err), ErrUnreachable
	default:
		said = err.Error()
	}
	fail.text = strings.Join(strings.Fields("store "+s.path+": "+doing+": "+advice+": "+said), " ")
	if advice == "" {
		fail.text = strings.Join(strings.Fields("store "+s.path+": "+doing+": "+said), " ")
	}
	return fail
}

// postgresError is an error as people read it. Its cause is there to be asked for.
type postgresError struct {
	text  string
	kind  error
	cause error
}

func (e *postgresError) Error() string        { return e.text }
func (e *postgresError) Unwrap() error        { return e.cause }
func (e *postgresError) Is(target error) bool { return e.kind != nil && target == e.kind }

// networkCause is the innermost of the errors on the way to a server, without what the address repeats.
func networkCause(err error) string {
	if op := new(net.OpError); errors.As(err, &op) {
		return op.Error()
	}
	if dns := new(net.DNSError); errors.As(err, &dns) {
		return dns.Error()
	}
	if c := new(pgconn.ConnectError); errors.As(err, &c) {
		return c.Unwrap().Error()
	}
	return err.Error()
}

// lost says that an error is that of a connection which is gone, or cannot be made.
func lost(err error) bool {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return strings.HasPrefix(answer.Code, "08") || strings.HasPrefix(answer.Code, "57P0") || strings.HasPrefix(answer.Code, "25P0")
	}
	for _, cause := range []error{
		driver.ErrBadConn, sql.ErrConnDone, pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return errors.As(err, new(*net.OpError)) || errors.As(err, new(*net.DNSError)) || errors.As(err, new(*pgconn.ConnectError))
}

// mostTries is how often a transaction is begun that others keep being in the way of.
const mostTries = 5

// planChanged is the code where a migration changed a table under a statement that was prepared before.
const planChanged = "0A000"

// repeats says whether a transaction that failed is run again. It is where nothing of it can have been stored: where the
// server rolled it back because of others, and, once, where the connection was lost before its commit was sent, as after
// a restart of the server.
func (s *Store) repeats(err error, committing bool, try int) bool {
	if s.source == "" || errors.Is(err, context.Canceled) {
		return false
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) && (strings.HasPrefix(answer.Code, "40") || answer.Code == planChanged) {
		return try < mostTries
	}
	if committing || try > 1 || !lost(err) || errors.As(err, new(*pgconn.ConnectError)) {
		return false
	}
	// What lies idle was lost with it.
	for _, db := range []struct {
		pool interface{ SetMaxIdleConns(int) }
		size int
	}{{s.w, poolSize}, {s.beats, 1}} {
		db.pool.SetMaxIdleConns(-1)
		db.pool.SetMaxIdleConns(db.size)
	}
	return true
}
