package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// memory names a store that lives in this process only and vanishes when it is closed.
const memory = ":memory:"

var urlScheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// parseDSN is the absolute path of the file that a data source name means, or [memory]. Its errors repeat no more of
// the name than its scheme: an address may hold a password.
func parseDSN(dsn string) (string, error) {
	path, named := strings.CutPrefix(dsn, "sqlite:")
	if m := urlScheme.FindStringSubmatch(dsn); m != nil && !strings.HasPrefix(dsn, "sqlite:///") {
		return "", fmt.Errorf("store %s://…: not a kind of store: use sqlite:FILE or postgres://USER@HOST/DATABASE", m[1])
	}
	switch {
	case path == "" && named:
		return "", errors.New("store sqlite: names no file: use sqlite:FILE")
	case path == "":
		return "", errors.New("store has no name: use sqlite:FILE")
	case path == memory:
		return memory, nil
	case strings.ContainsRune(path, 0):
		return "", errors.New("store has a name with a NUL byte, which no file can have")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("store %s: %w", path, err)
	}
	return abs, nil
}

// isPostgres says that a data source name is an address of a PostgreSQL.
func isPostgres(dsn string) bool {
	m := urlScheme.FindStringSubmatch(dsn)
	return m != nil && (m[1] == "postgres" || m[1] == "postgresql")
}
