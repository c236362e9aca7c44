package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// poolSize is how many connections a store has open to a PostgreSQL, besides the one for heartbeats.
	poolSize = 8

	// commitsAtOnce is how many of them commits may have, whose number is that of the App IDs. The others are left to reads
	// and to what else is written: at a bell commits follow each other without a pause, and would keep a read waiting for its
	// whole time.
	commitsAtOnce = poolSize - 2

	// connectTimeout is how long a connection may take to be made, where the address does not say otherwise.
	connectTimeout = 5 * time.Second

	// answerTimeout bounds each read and each transaction from this side, for a server that is cut off and cannot say so.
	answerTimeout = 12 * time.Second

	// beatTimeout bounds a heartbeat. A later answer is of no use: the next heartbeat is due, and requests wait.
	beatTimeout = 2 * time.Second

	// oldestServer is the oldest server that is supported, as PostgreSQL numbers them.
	oldestServer = 130000
)

// sessionSettings hold on every connection. They are set after connecting and read back: a pooler that hands each
// transaction another connection loses them.
var sessionSettings = []struct{ name, value string }{
	// A process that is frozen inside a transaction would keep its rows, and with them the App IDs that it owns, for ever.
	{"idle_in_transaction_session_timeout", "2s"},
	{"statement_timeout", "10s"},
	{"lock_timeout", "5s"},
}

// openPostgres opens the store in a database, which must exist.
func openPostgres(ctx context.Context, dsn string, opts Options) (_ *Store, err error) {
	config, err := postgresConfig(dsn)
	if err != nil {
		return nil, err
	}
	s := newStore(opts)
	s.path, s.source, s.sql = shownAddress(config), dsn, postgresDialect
	defer func() {
		if err != nil {
			s.abandon()
		}
	}()
	s.r = s.pool(config, opts.ReadOnly, poolSize)
	s.w, s.beats, s.commits = s.r, s.pool(config, opts.ReadOnly, 1), make(chan struct{}, commitsAtOnce)
	if err := s.checkPooler(ctx); err != nil {
		return nil, err
	}
	if err := s.readyPostgres(ctx, config, opts); err != nil {
		return nil, err
	}
	if err := s.checkService(ctx, opts); err != nil {
		return nil, err
	}
	if err := s.checkCopied(ctx, opts); err != nil {
		return nil, err
	}
	if !opts.Work {
		return s, nil
	}
	return s, s.Join(ctx, time.Now())
}

// postgresConfig reads an address. Its errors repeat nothing of it: whatever cannot be read may be part of a password.
func postgresConfig(dsn string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("store postgres://…: the address cannot be read: use postgres://USER@HOST:PORT/DATABASE, " +
			"with %XX for special characters in user and password, or keep the password in ${file:PATH} or PGPASSFILE")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	dialer := &net.Dialer{Timeout: config.ConnectTimeout, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3,
	}}
	config.DialFunc = dialer.DialContext
	config.RuntimeParams["client_encoding"] = "UTF8"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "rundown"
	}
	return config, nil
}

// shownAddress is what people see of an address: nothing that could be secret.
func shownAddress(config *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database}
	var hosts []string
	add := func(host string, port uint16) {
		if strings.HasPrefix(host, "/") {
			u.RawQuery = url.Values{"host": {host}}.Encode()
			return
		}
		if one := net.JoinHostPort(host, strconv.Itoa(int(port))); !slices.Contains(hosts, one) {
			hosts = append(hosts, one)
		}
	}
	add(config.Host, config.Port)
	for _, f := range config.Fallbacks {
		add(f.Host, f.Port)
	}
	u.Host = strings.Join(hosts, ",")
	return u.String()
}

// pool makes connections when they are needed. Each is checked and set up before it is used.
func (s *Store) pool(config *pgx.ConnConfig, readOnly bool, size int) *sql.DB {
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		return s.setUp(ctx, conn, readOnly)
	}), stdlib.OptionShouldPing(func(context.Context, stdlib.ShouldPingParams) bool {
		return false // it would cross the network once more; who finds a connection broken tries another
	}))
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db
}

// serverError says why a server cannot be used.
type serverError struct {
	text string
	kind error // nil: none that callers branch on
}

func (e *serverError) Error() string { return e.text }

// setUp checks the server behind a new connection and sets what holds for the session. It crosses the network twice, since
// what a slow server takes for it comes before the first statement. It prepares no statement, which a pooler could refuse
// before it is recognized.
func (s *Store) setUp(ctx context.Context, conn *pgx.Conn, readOnly bool) error {
	text, back := "", ""
	for i, one := range sessionSettings {
		text += fmt.Sprintf("SET %s = '%s';", one.name, one.value)
		if i > 0 {
			back += " AND "
		}
		back += fmt.Sprintf("current_setting('%s') = '%s'", one.name, one.value)
	}
	if readOnly {
		text += "SET default_transaction_read_only = on;"
	}
	text += `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
		SELECT current_setting('server_version_num'), current_setting('server_version'), pg_is_in_recovery(), current_setting('server_encoding')`
	results, err := conn.PgConn().Exec(ctx, text).ReadAll()
	if err != nil {
		return err
	}
	found := results[len(results)-1].Rows[0]
	release, standby, encoding := string(found[1]), string(found[2]) == "t", string(found[3])
	version, err := strconv.Atoi(string(found[0]))
	switch {
	case err != nil:
		return err
	case version < oldestServer:
		return &serverError{fmt.Sprintf("its server is PostgreSQL %s: version %d or newer is needed", release, oldestServer/10000), nil}
	case standby && !readOnly:
		return &serverError{"its server is a read-only standby: name the primary, or all servers with target_session_attrs=read-write", ErrUnwritable}
	case encoding != "UTF8":
		return &serverError{fmt.Sprintf("the encoding of its database is %s: create one with createdb --encoding=UTF8 --template=template0", encoding), nil}
	}
	var kept bool
	if err := conn.QueryRow(ctx, `SELECT `+back, pgx.QueryExecModeSimpleProtocol).Scan(&kept); err != nil {
		return err
	}
	if !kept {
		return errPooler
	}
	return nil
}

var errPooler = &serverError{text: "a connection pooler that shares connections between transactions (such as pgbouncer in transaction mode) is in between: " +
	"connect to the server itself, or use the pooler's session mode"}

// checkPooler refuses a pooler that hands each transaction a connection of its own choice. Such a pooler names another
// process of the server than the one that serves the connection, as does one in session mode; two clients that are
// served by one process, or one client by two, tell it from that.
func (s *Store) checkPooler(ctx context.Context) error {
	conn, err := s.r.Conn(ctx)
	if err != nil {
		return s.explain("open", err)
	}
	defer conn.Close()
	named, err := namedProcess(conn)
	if err != nil {
		return s.explain("open", err)
	}
	first, err := servingProcess(ctx, conn)
	if err != nil || first == named {
		return s.explain("open", err)
	}
	other, err := s.r.BeginTx(ctx, nil)
	if err != nil {
		return s.explain("open", err)
	}
	defer func() { _ = other.Rollback() }()
	second, err := servingProcess(ctx, other)
	if err != nil {
		return s.explain("open", err)
	}
	if second == first {
		return s.explain("open", errPooler)
	}
	again, err := servingProcess(ctx, conn)
	if err == nil && again != first {
		err = errPooler
	}
	return s.explain("open", err)
}

// namedProcess is the server's process as the connection was told.
func namedProcess(conn *sql.Conn) (pid uint32, err error) {
	err = conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("unexpected driver %T", driver)
		}
		pid = c.Conn().PgConn().PID()
		return nil
	})
	return pid, err
}

func servingProcess(ctx context.Context, q interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
},
) (pid uint32, err error) {
	err = q.QueryRowContext(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	return pid, err
}

// bounded bounds what a server that does not answer may cost on the connections of a pool. A file has the bounds of its
// file system.
func (s *Store) bounded(ctx context.Context, db *sql.DB) (context.Context, context.CancelFunc) {
	switch {
	case s.source == "":
		return ctx, func() {}
	case db == s.beats:
		return context.WithTimeout(ctx, beatTimeout)
	}
	return context.WithTimeout(ctx, answerTimeout)
}

// overdue tells the end of [Store.bounded] from that of the caller's own context.
func (s *Store) overdue(caller context.Context, err error) error {
	if s.source == "" || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if until, ok := caller.Deadline(); ok && !time.Now().Before(until) {
		return err
	}
	return &unreachableError{text: "the server did not answer in time: look whether it is overloaded or cut off"}
}
