package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rundown/runner/store"
)

var (
	worker = store.Options{Create: true, Work: true}
	reader = store.Options{}
)

// wantOneLine holds an error to the manner of the house: one line that names what it happened to.
func wantOneLine(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if strings.Contains(text, "\n") {
		t.Errorf("more than one line: %q", text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
}

func TestAStoreIsNamedInSeveralWays(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	odd := "a%20b?c#d ü.db"
	for _, dsn := range []string{"bare.db", "sqlite:named.db", filepath.Join(dir, "absolute.db"), "sqlite:" + dir + "/deep/er/still.db", "sqlite://" + dir + "/slashes.db", "sqlite:" + odd, "./colon:in-name.db"} {
		s := mustOpen(t, dsn, worker)
		if !filepath.IsAbs(s.Path()) {
			t.Errorf("%s: path %q is not absolute", dsn, s.Path())
		}
		if info, err := os.Stat(s.Path()); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", dsn, info, err)
		}
	}
	if _, err := os.Stat(odd); err != nil {
		t.Error(err)
	}
}

func TestAStoreThatCannotBeNamedIsRefused(t *testing.T) {
	for dsn, word := range map[string]string{
		"":                                     "no name",
		"sqlite:":                              "no file",
		"sqlite://host/path":                   "sqlite:FILE",
		"mysql://user:hunter2@host/db":         "not a kind of store",
		"a\x00b":                               "NUL",
		"postgres://u:hunter2@127.0.0.1:1/db":  "the server cannot be reached",
		"postgresql://u:hunter2@127.0.0.1:1/x": "the server cannot be reached",
		"postgres://u:hunt/er2@127.0.0.1:1/x":  "%XX for special characters",
		"postgres://u:hunter2@127.0.0.1:b/x":   "the address cannot be read",
	} {
		_, err := store.Open(t.Context(), dsn, worker)
		wantOneLine(t, err, word)
		if err != nil && (strings.Contains(err.Error(), "hunt") || strings.Contains(err.Error(), "er2")) {
			t.Errorf("%v repeats a password", err)
		}
	}
}

func TestOnlyCreateMakesAStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "rundown.db")
	for _, opts := range []store.Options{reader, {Work: true}} {
		_, err := store.Open(t.Context(), file, opts)
		if !errors.Is(err, store.ErrNotExist) {
			t.Errorf("got %v, want that it does not exist", err)
		}
		wantOneLine(t, err, file)
	}
	if _, err := os.Stat(filepath.Dir(file)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}

	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil { // left by a process that died while creating
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), file, reader); !errors.Is(err, store.ErrNotExist) {
		t.Errorf("an empty file: %v", err)
	}
	mustOpen(t, file, store.Options{Create: true}) // without working: leaves the lock to others
	mustOpen(t, file, worker)
	mustOpen(t, file, reader)
}

func TestAStoreIsForItsOwnerAlone(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := mustOpen(t, filepath.Join(dir, "rundown.db"), worker)
	if err := s.Beat(t.Context(), monday); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", folder, info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 { // the file, its log, the log's index, the lock
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestWhatIsNoStoreIsRefusedAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	whole := filepath.Join(dir, "whole.db")
	s := mustOpen(t, whole, worker)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "foreign.db")
	execRaw(t, foreign, `CREATE TABLE bookmarks (id INTEGER)`)
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct{ file, word string }{
		{write("text", []byte(strings.Repeat("this is no database\n", 100))), "not an SQLite database"},
		{write("short", []byte("x")), "not an SQLite database"},
		{write("truncated", content[:len(content)/2/4096*4096]), "damaged"},
		{write("header", content[:100]), "not an SQLite database"},
		{write("scrambled", append(bytes.Clone(content[:100]), bytes.Repeat([]byte{0xa5}, len(content)-100)...)), "damaged"},
		{foreign, "not a store of rundown"},
		{dir, "folder"},
		{pipe, "not a regular file"},
		{filepath.Join(whole, "below"), "not a directory"},
	} {
		before, _ := readRegular(c.file)
		for _, opts := range []store.Options{reader, worker} {
			_, err := store.Open(t.Context(), c.file, opts)
			wantOneLine(t, err, c.file, c.word)
		}
		if after, _ := readRegular(c.file); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", c.file)
		}
	}
}

func readRegular(file string) ([]byte, error) {
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	return os.ReadFile(file)
}

func TestAStoreWithoutPermissionIsRefusedInOneLine(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/exe"); err != nil && os.Getuid() == 0 {
		t.Skip("root cannot become another user here: the test binary's folder is closed to others")
	}
	top := t.TempDir()
	if err := os.Chmod(filepath.Dir(top), 0o755); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(top, "whole")
	s := mustOpen(t, filepath.Join(whole, "rundown.db"), worker)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		folder, file os.FileMode
		opts         store.Options
		ok           bool
		path, word   string
	}{
		{name: "folder closed", folder: 0o700, file: 0o600, opts: reader, word: "permission denied"},
		{name: "file closed", folder: 0o777, file: 0o600, opts: reader, word: "permission denied"},
		{name: "file read-only, to work", folder: 0o777, file: 0o444, opts: worker, word: "cannot be written"},
		{name: "file read-only, to read", folder: 0o777, file: 0o444, opts: reader, ok: true},
		{name: "folder read-only, to work", folder: 0o555, file: 0o666, opts: worker, word: "permission denied"},
		{name: "folder read-only, to read", folder: 0o555, file: 0o666, opts: reader, word: "cannot be written"}, // the index of the log
		{name: "folder read-only, to create", folder: 0o555, file: 0o666, opts: worker, path: "new.db", word: "permission denied"},
		{name: "folder read-only, to create deeper", folder: 0o555, file: 0o666, opts: worker, path: "deep/new.db", word: "permission denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := filepath.Join(top, strings.ReplaceAll(c.name, " ", "-"))
			if err := os.CopyFS(folder, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(folder, "rundown.db")
			if err := errors.Join(os.Remove(file+".lock"), os.Chmod(file, c.file), os.Chmod(folder, c.folder)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(folder, 0o755) }) // so that it can be removed
			if c.path != "" {
				file = filepath.Join(folder, c.path)
			}
			cmd, out, _ := child(t, "open", file, c.opts)
			var lines []string
			for out.Scan() {
				lines = append(lines, out.Text())
			}
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			switch {
			case c.ok && len(lines) != 0:
				t.Errorf("refused: %q", lines)
			case !c.ok && (len(lines) != 1 || !strings.Contains(lines[0], file) || !strings.Contains(lines[0], c.word)):
				t.Errorf("got %q, want one line with %q and %q", lines, file, c.word)
			}
		})
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	if err := mustOpen(t, file, worker).Close(); err != nil {
		t.Fatal(err)
	}
	execRaw(t, file, `INSERT INTO rundown_schema (version_id, is_applied) VALUES (99, 1)`)
	for _, opts := range []store.Options{reader, worker} {
		_, err := store.Open(t.Context(), file, opts)
		if !errors.Is(err, store.ErrTooNew) {
			t.Errorf("got %v, want that it is too new", err)
		}
		wantOneLine(t, err, file, "99")
	}
}

func TestAnOlderSchemaIsBroughtUpByWhoWorks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	execRaw(t, file, `CREATE TABLE rundown_schema (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))`, `INSERT INTO rundown_schema (version_id, is_applied) VALUES (0, 1)`)
	_, err := store.Open(t.Context(), file, reader)
	if !errors.Is(err, store.ErrTooOld) {
		t.Errorf("got %v, want that it is too old", err)
	}
	wantOneLine(t, err, file)
	mustOpen(t, file, store.Options{Work: true})
	if _, err := mustOpen(t, file, reader).Occurrences(t.Context(), store.Filter{}); err != nil {
		t.Error(err)
	}
}

func TestDocumentsOfAnOlderSchemaKeepWhatTheySay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	if err := mustOpen(t, file, worker).Close(); err != nil {
		t.Fatal(err)
	}
	execRaw(t, file, `DELETE FROM rundown_schema WHERE version_id > 20`, `DROP TABLE relayed_notices`,
		`INSERT INTO sessions (occurrence_id, attempt, app, cname, uid, resource_id, sid, state, doc)
			VALUES ('a', 1, '', '', '', '', '', '', '{"doubt":true,"reason":"it said \"doubt\": \"then\":","told":"told","then":"lost"}')`,
		`INSERT INTO occurrences (id, plan, recording, day, clock, app, url, starts_at, ends_at, state, outcome, reason, wakes_at, revision_id, version, doc)
			VALUES ('a', '', '', '', '', '', '', 0, 0, '', '', '', 0, 0, 1, '{"lanes":[{"gave_up":"lanes","gave_up_code":"page-fault"}],"earlier":2}')`)
	if err := mustOpen(t, file, worker).Close(); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]string{
		"sessions":    `{"start_uncertain":true,"reason":"it said \"doubt\": \"then\":","reported_end":"told","final_state":"lost"}`,
		"occurrences": `{"replicas":[{"abandon_reason":"lanes","abandon_code":"page-fault"}],"earlier_sessions":2}`,
	} {
		if got := queryRaw(t, file, `SELECT doc FROM `+table); got != want {
			t.Errorf("%s: %s, want %s", table, got, want)
		}
	}
}

// queryRaw reads one text from a file behind the store's back.
func queryRaw(t *testing.T, file, query string) (text string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), query).Scan(&text); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return text
}

// execRaw runs statements on a file behind the store's back.
func execRaw(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range statements {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAStoreIsForOneService(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	const real, other = "https://api.agora.io", "simulator"
	s := mustOpen(t, file, worker) // nobody has named a service yet
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, file, store.Options{Service: other}) // who only reads is not remembered
	if have, err := s.Service(t.Context()); err != nil || have != "" {
		t.Errorf("remembers %q, %v", have, err)
	}
	s = mustOpen(t, file, store.Options{Work: true, Service: real})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, opts := range []store.Options{{Service: other}, {Work: true, Service: other}, {Create: true, Work: true, Service: other}} {
		_, err := store.Open(t.Context(), file, opts)
		if !errors.Is(err, store.ErrOtherService) {
			t.Fatalf("got %v, want that it is another's", err)
		}
		var detail *store.OtherServiceError
		if !errors.As(err, &detail) || detail.Have != real || detail.Want != other {
			t.Errorf("detail %+v", detail)
		}
		wantOneLine(t, err, file, real, other)
	}
	// A refusal leaves the lock free.
	s = mustOpen(t, file, store.Options{Work: true, Service: real})
	if have, err := s.Service(t.Context()); err != nil || have != real {
		t.Errorf("remembers %q, %v", have, err)
	}
	mustOpen(t, file, reader) // who names none is let in
}
