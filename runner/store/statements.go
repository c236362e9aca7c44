package store

import (
	"context"
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"
)

// keptStatements bounds the statements that a connection keeps parsed. The package has fewer texts, but those with a list have one
// for each length of it.
const keptStatements = 200

// keptLength is the longest text, in bytes, that is kept. Longer ones have a long list, and few of them come again with a list of just
// that length; parsed, each takes many times its length of memory. They also take longer to run than to be parsed.
const keptLength = 1500

// readChanges gives what [Store.Changes] gives on SQLite.
const readChanges = `PRAGMA data_version`

// keeper makes connections to an SQLite file that keep their statements parsed: SQLite parses each text that it is given, which
// takes longer than most of our statements take to run. The driver of PostgreSQL keeps them by itself.
type keeper struct{ driver.Connector }

// newKeeper is for [database/sql.OpenDB], with what [dataSource] gives.
func newKeeper(source string) (driver.Connector, error) {
	connector, err := sqlite.NewConnector(source)
	return keeper{connector}, err
}

// Connect implements [driver.Connector].
func (k keeper) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &keptConn{sqliteConn: conn.(sqliteConn), kept: map[string]sqliteStmt{}}, nil
}

// What database/sql uses of a connection and of a statement of the driver.
type (
	sqliteConn interface {
		driver.Conn
		driver.ConnBeginTx
		driver.ConnPrepareContext
		driver.ExecerContext
		driver.QueryerContext
		driver.Pinger
		driver.SessionResetter
		driver.Validator
	}
	sqliteStmt interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
)

// keptConn is a connection that keeps its statements. As every connection of database/sql, one goroutine uses it at a time.
type keptConn struct {
	sqliteConn
	kept map[string]sqliteStmt // by their text; none of them runs
}

// ExecContext implements [driver.ExecerContext].
func (c *keptConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if !keeps(text) {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	stmt, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	result, err := stmt.ExecContext(ctx, args)
	c.give(text, stmt, err)
	return result, err
}

// QueryContext implements [driver.QueryerContext]. The statement is kept when the rows are closed.
func (c *keptConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if !keeps(text) {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	stmt, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args)
	if err != nil {
		c.give(text, stmt, err)
		return nil, err
	}
	return &keptRows{Rows: rows, text: text, conn: c, stmt: stmt}, nil
}

// Close implements [driver.Conn].
func (c *keptConn) Close() error {
	c.drop()
	return c.sqliteConn.Close()
}

// keeps says whether a statement is worth keeping, and can be parsed once and run many times. Some pragmas act when they are parsed, and
// never again.
func keeps(text string) bool {
	if len(text) > keptLength {
		return false
	}
	verb, _, _ := strings.Cut(text, " ")
	switch verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE":
		return true
	}
	return text == readChanges
}

// take gives a statement that nothing else uses.
func (c *keptConn) take(ctx context.Context, text string) (sqliteStmt, error) {
	if stmt := c.kept[text]; stmt != nil {
		delete(c.kept, text)
		return stmt, nil
	}
	stmt, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.(sqliteStmt), nil
}

// give keeps a statement that has run, unless it failed.
func (c *keptConn) give(text string, stmt sqliteStmt, failed error) {
	if failed != nil || c.kept[text] != nil {
		_ = stmt.Close()
		return
	}
	if len(c.kept) == keptStatements {
		c.drop()
	}
	c.kept[text] = stmt
}

// drop ends all statements that are kept.
func (c *keptConn) drop() {
	for _, stmt := range c.kept {
		_ = stmt.Close()
	}
	clear(c.kept)
}

// keptRows are the rows of a statement that is kept after them.
type keptRows struct {
	driver.Rows
	text string
	conn *keptConn
	stmt sqliteStmt
}

// Close implements [driver.Rows]. database/sql calls it once.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	r.conn.give(r.text, r.stmt, err)
	return err
}
