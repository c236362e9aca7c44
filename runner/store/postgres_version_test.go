package store_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"rundown/runner/store"
)

// oldServer answers each query as a server of a version does that tells its number, its name, whether it is a standby, and its
// encoding. It ends with the test.
func oldServer(t *testing.T, number, release, standby, encoding string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serveOld(pgproto3.NewBackend(conn, conn), [][]byte{[]byte(number), []byte(release), []byte(standby), []byte(encoding)})
			}()
		}
	}()
	return l.Addr().String()
}

func serveOld(b *pgproto3.Backend, row [][]byte) {
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	for {
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if b.Flush() != nil {
			return
		}
		if _, err := b.Receive(); err != nil {
			return
		}
		fields := make([]pgproto3.FieldDescription, len(row))
		for i := range fields {
			fields[i] = pgproto3.FieldDescription{Name: []byte("setting"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1}
		}
		b.Send(&pgproto3.RowDescription{Fields: fields})
		b.Send(&pgproto3.DataRow{Values: row})
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	}
}

// TestAServerThatCannotBeUsedIsRefused has servers tell what rules them out. None of it is something that passes, so that nobody
// waits for it.
func TestAServerThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ number, release, standby, encoding, says string }{
		"too old":         {"120022", "12.22 (Debian 12.22-1.pgdg120+1)", "f", "UTF8", "its server is PostgreSQL 12.22 (Debian 12.22-1.pgdg120+1): version 13 or newer is needed"},
		"much too old":    {"90624", "9.6.24", "f", "UTF8", "its server is PostgreSQL 9.6.24: version 13 or newer is needed"},
		"before the last": {"129999", "12.99", "f", "UTF8", "version 13 or newer is needed"},
		"no number":       {"devel", "18devel", "f", "UTF8", "invalid syntax"},
		"another text":    {"130000", "13.0", "f", "LATIN1", "the encoding of its database is LATIN1: create one with createdb"},
		"a standby":       {"150018", "15.18", "t", "UTF8", "its server is a read-only standby: name the primary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := oldServer(t, tt.number, tt.release, tt.standby, tt.encoding)
			_, err := store.Open(t.Context(), "postgres://rundown:hunter2@"+address+"/rundown?sslmode=disable", store.Options{Create: true, Work: true})
			wantOneLine(t, err, tt.says)
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), "hunter2") {
				t.Errorf("%v repeats a password", err)
			}
			if errors.Is(err, store.ErrUnreachable) {
				t.Errorf("%v is taken for a failure that passes", err)
			}
		})
	}
}
