package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// oneConnection is a connection to an SQLite file with a table of the numbers from 1 to 3.
func oneConnection(t *testing.T) *sql.Conn {
	t.Helper()
	file, err := findFile(filepath.Join(t.TempDir(), "numbers.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	connector, err := newKeeper(dataSource(file, true))
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.ExecContext(t.Context(), `CREATE TABLE numbers (n INTEGER PRIMARY KEY); INSERT INTO numbers VALUES (1), (2), (3)`); err != nil {
		t.Fatal(err)
	}
	return conn
}

// kept is how many statements a connection keeps.
func kept(t *testing.T, conn *sql.Conn) (n int) {
	t.Helper()
	if err := conn.Raw(func(driver any) error {
		n = len(driver.(*keptConn).kept)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAStatementThatIsAskedWhileItRunsGivesEachItsRows(t *testing.T) {
	t.Parallel()
	conn := oneConnection(t)
	const above = `SELECT n FROM numbers WHERE n > $1 ORDER BY n`
	list := func(than int) []int {
		rows, err := conn.QueryContext(t.Context(), above, than)
		if err != nil {
			t.Fatal(err)
		}
		numbers, err := scanAll(rows, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
		if err != nil {
			t.Fatal(err)
		}
		return numbers
	}
	list(0) // it is kept from now on
	tx, err := conn.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tx.QueryContext(t.Context(), above, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if _, err := scanAll(rows, func(rows *sql.Rows) (n int, err error) {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
		var next sql.NullInt64
		err = tx.QueryRowContext(t.Context(), above, n).Scan(&next)
		if err == sql.ErrNoRows {
			err = nil
		}
		got = append(got, fmt.Sprint(n, next.Int64))
		return n, err
	}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if want := "[1 2 2 3 3 0]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if n := kept(t, conn); n != 1 {
		t.Errorf("one text is kept %d times", n)
	}
}

func TestAStatementThatFailedIsRunAgain(t *testing.T) {
	t.Parallel()
	conn := oneConnection(t)
	const insert = `INSERT INTO numbers VALUES ($1)`
	for i, n := range []int{4, 4, 5, 1, 6} {
		_, err := conn.ExecContext(t.Context(), insert, n)
		if fails := i == 1 || i == 3; (err != nil) != fails {
			t.Fatalf("insert %d: %v", n, err)
		}
	}
}

func TestAStatementSeesATableThatHasChanged(t *testing.T) {
	t.Parallel()
	conn := oneConnection(t)
	const all = `SELECT * FROM numbers WHERE n = $1`
	columns := func(ctx context.Context) int {
		rows, err := conn.QueryContext(ctx, all, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	if n := columns(t.Context()); n != 1 {
		t.Fatalf("%d columns", n)
	}
	if _, err := conn.ExecContext(t.Context(), `ALTER TABLE numbers ADD COLUMN name TEXT`); err != nil {
		t.Fatal(err)
	}
	if n := columns(t.Context()); n != 2 {
		t.Errorf("%d columns after one was added", n)
	}
}

func TestAConnectionKeepsABoundedNumberOfStatements(t *testing.T) {
	t.Parallel()
	conn := oneConnection(t)
	for i := range 2*keptStatements + 1 {
		var n int
		if err := conn.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT %d`, i)).Scan(&n); err != nil || n != i {
			t.Fatalf("%d, want %d: %v", n, i, err)
		}
		if n := kept(t, conn); n > keptStatements {
			t.Fatalf("it keeps %d statements", n)
		}
	}
}

func TestStatementsWithLongListsAreNotKept(t *testing.T) {
	t.Parallel()
	conn := oneConnection(t)
	for n := 300; n < 500; n++ {
		var found int
		if err := conn.QueryRowContext(t.Context(), `SELECT count(*) FROM numbers WHERE n IN (`+strings.Repeat("10000, ", n)+`1)`).Scan(&found); err != nil || found != 1 {
			t.Fatalf("%d found: %v", found, err)
		}
	}
	if n := kept(t, conn); n > 0 {
		t.Errorf("it keeps %d statements", n)
	}
}
