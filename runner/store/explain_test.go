package store

import (
	"strings"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"
)

// TestAFullDiskIsToldAsOne: SQLite has a code for it, and another where the file beside the log cannot grow.
func TestAFullDiskIsToldAsOne(t *testing.T) {
	for code, want := range map[int]string{
		sqlite3.SQLITE_FULL: "the disk is full", sqlite3.SQLITE_IOERR_SHMSIZE: "the disk is full", sqlite3.SQLITE_IOERR_READ: "the disk does not read or write",
	} {
		if text, ok := adviceOn(code); !ok || !strings.HasPrefix(text, want) {
			t.Errorf("%d: %q, want %q", code, text, want)
		}
	}
	if text, ok := adviceOn(sqlite3.SQLITE_MISMATCH); ok {
		t.Errorf("of another class it says %q", text)
	}
}

// TestAStoreOfAnotherServiceSaysWhatToAdd: each service has a flag of its own.
func TestAStoreOfAnotherServiceSaysWhatToAdd(t *testing.T) {
	for have, want := range map[string]string{
		"simulator": "or add --simulate", "agora": "or leave --simulate and --api-url out", "http://127.0.0.1:9000": "or the service with --api-url",
	} {
		e := OtherServiceError{Path: "r.db", Have: have, Want: "another"}
		if !strings.HasSuffix(e.Error(), want) {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
}
