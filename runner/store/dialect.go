package store

// dialect is what differs between the databases in the text of statements. There is one text of each statement; what
// only one database needs is appended from here.
type dialect struct {
	name string // as goose and the folder of its migrations have it

	// Row locks. SQLite needs none: a write transaction has the only write lock from its beginning.
	share, update, skip string

	// instantOf is the instant that ends an identity, as in the index on it.
	instantOf string

	// now asks for the time of the server, in Unix milliseconds; "": the database has no clock of its own.
	now string

	// arrays says that a statement takes many rows as an array for each column. That matters where each statement crosses a network.
	arrays bool

	// tables lists the names of all tables.
	tables string
}

var (
	sqliteDialect = dialect{
		name: "sqlite", instantOf: `substr(occurrence_id, -16)`,
		tables: `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`,
	}
	postgresDialect = dialect{
		name: "postgres", arrays: true, share: " FOR SHARE", update: " FOR UPDATE", skip: " FOR UPDATE SKIP LOCKED", instantOf: `right(occurrence_id, 16)`,
		now:    `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`,
		tables: `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`,
	}
)
