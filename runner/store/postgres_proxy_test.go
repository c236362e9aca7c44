package store_test

import (
	"testing"

	"rundown/runner/store/pgtest"
)

// TestAPoolerThatSharesConnections is refused in the first seconds, and one that does not is used.
func TestAPoolerThatSharesConnections(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	dsn := server.Database(t)
	for mode, says := range map[string]string{
		"transaction": "a connection pooler that shares connections between transactions",
		"statement":   "a connection pooler that shares connections between transactions",
		"session":     "",
	} {
		t.Run(mode, func(t *testing.T) {
			refused(t, mode, server.Pooler(t, mode, dsn), worker, nil, says)
		})
	}
}
