package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notAdditive lists the migrations of PostgreSQL that take away something or demand more, each with the reason why a node of the
// version before can work on all the same.
var notAdditive = map[string]string{}

// TestMigrationsOfPostgreSQLOnlyAdd holds that nodes of two neighbouring versions can work side by side: what the older one reads
// and writes stays as it was.
func TestMigrationsOfPostgreSQLOnlyAdd(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/postgres/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files[1:] { // the first makes the store
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found, reason := demanding(string(text)), notAdditive[filepath.Base(file)]; len(found) > 0 && reason == "" {
			t.Errorf("%s: a node of the version before may fail on it; do it in two versions, or list it with a reason:\n%s", file, strings.Join(found, "\n"))
		}
	}
	for text, sound := range map[string]bool{
		"CREATE TABLE a (n int NOT NULL);\nCREATE UNIQUE INDEX a_n ON a (n);":      true,
		"CREATE INDEX nodes_n ON nodes (n);":                                       true,
		"-- DROP TABLE nodes;\nALTER TABLE nodes ADD COLUMN n int;":                true,
		"ALTER TABLE nodes ADD COLUMN n int NOT NULL DEFAULT 0;":                   true,
		"ALTER TABLE nodes ADD COLUMN n int NOT NULL;":                             false,
		"ALTER TABLE nodes ADD COLUMN m int, ADD COLUMN n int NOT NULL;":           false,
		"ALTER TABLE nodes ADD COLUMN n int NOT NULL DEFAULT 0, DROP COLUMN name;": false,
		"ALTER TABLE nodes RENAME COLUMN name TO label;":                           false,
		"ALTER TABLE nodes ALTER COLUMN name TYPE int;":                            false,
		"ALTER TABLE nodes ADD CHECK (n > 0);":                                     false,
		"DROP TABLE nodes;":                                                        false,
		"DROP INDEX nodes_alive;":                                                  false,
		"CREATE UNIQUE INDEX nodes_name ON nodes (name);":                          false,
		"UPDATE nodes SET n = 1;":                                                  false,
	} {
		if found := demanding(text); (len(found) == 0) != sound {
			t.Errorf("%s: found %q", text, found)
		}
	}
}

var (
	comment     = regexp.MustCompile(`--[^\n]*`)
	space       = regexp.MustCompile(`\s+`)
	addsTable   = regexp.MustCompile(`^CREATE TABLE (\w+) `)
	addsIndex   = regexp.MustCompile(`^CREATE (UNIQUE )?INDEX \w+ ON (\w+) `)
	addsColumns = regexp.MustCompile(`^ALTER TABLE \w+ (ADD COLUMN .*)$`)
	fills       = regexp.MustCompile(`^INSERT INTO (\w+) `)
)

// demanding gives the statements of a migration that do more than add. It knows few forms, and gives all others.
func demanding(text string) (found []string) {
	made := map[string]bool{}
	for statement := range strings.SplitSeq(comment.ReplaceAllString(text, ""), ";") {
		statement = strings.TrimSpace(space.ReplaceAllString(statement, " "))
		table, index, columns, rows := addsTable.FindStringSubmatch(statement), addsIndex.FindStringSubmatch(statement),
			addsColumns.FindStringSubmatch(statement), fills.FindStringSubmatch(statement)
		switch {
		case statement == "":
		case table != nil:
			made[table[1]] = true
		case index != nil && (index[1] == "" || made[index[2]]):
		case columns != nil && optional(columns[1]):
		case rows != nil && made[rows[1]]:
		default:
			found = append(found, statement)
		}
	}
	return found
}

// optional says that an older version can leave out each of the columns that are added, and that nothing else is done.
func optional(columns string) bool {
	for column := range strings.SplitSeq(columns, ", ") {
		if !strings.HasPrefix(column, "ADD COLUMN ") || strings.Contains(column, "NOT NULL") && !strings.Contains(column, "DEFAULT") {
			return false
		}
	}
	return true
}
