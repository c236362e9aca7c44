package store_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/store/storetest"
)

// two are two processes on one PostgreSQL, and a connection of the test's own.
type two struct {
	*testing.T
	a, b *store.Store
	raw  *sql.DB
}

const ownedApp = "app-1"

func newTwo(t *testing.T, server *pgtest.Server) *two {
	dsn := server.Database(t)
	raw, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return &two{t, mustOpen(t, dsn, store.Options{Create: true, Work: true, Node: "a"}), mustOpen(t, dsn, store.Options{Work: true, Node: "b"}), raw}
}

func (w *two) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// blocked waits until so many connections wait for a lock, or done is closed.
func (w *two) blocked(n int, done <-chan struct{}) {
	w.Helper()
	for have := 0; have < n; {
		select {
		case <-done:
			return
		default:
		}
		w.must(w.raw.QueryRowContext(w.Context(), `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`).Scan(&have))
	}
}

// hold locks a row of an occurrence until the function that it returns is called.
func (w *two) hold(id string) (letGo func()) {
	w.Helper()
	tx, err := w.raw.BeginTx(w.Context(), nil)
	w.must(err)
	_, err = tx.ExecContext(w.Context(), `SELECT 1 FROM occurrences WHERE id = $1 FOR UPDATE`, id)
	w.must(err)
	return func() { w.must(tx.Rollback()) }
}

// algebra is an occurrence with its spec in the store.
func (w *two) algebra() storetest.Row {
	w.Helper()
	start := time.Date(2031, 9, 17, 9, 0, 0, 0, time.UTC)
	r := storetest.Row{Occurrence: store.Occurrence{
		ID: "school/algebra/20310917T090000Z", Plan: "school", Recording: "algebra", Day: "2031-09-17", Clock: "09:00", App: ownedApp,
		Start: start, End: start.Add(time.Hour), State: "recording", HeldBy: ownedApp,
	}}
	w.must(w.a.WriteSpecs(w.Context(), func(tx *store.SpecTx) error { _, err := tx.Add(r.Spec()); return err }))
	r.Generation = 1
	return r
}

// TestATermThatChangesInTheMiddleOfAWrite holds a write up between its fence and its end, while another process takes the
// App ID over.
func TestATermThatChangesInTheMiddleOfAWrite(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Shared(t))
	row := w.algebra()
	lease, err := w.a.Claim(t.Context(), ownedApp, time.Now())
	w.must(err)
	letGo := w.hold(row.ID)
	var results []error
	written, taken := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		results, err = w.a.Commit(context.Background(), ownedApp, lease.Term, []store.Step{row.Step()})
	}()
	w.blocked(1, written)
	var takeover error
	go func() {
		defer close(taken)
		takeover = errors.Join(
			w.a.Release(context.Background(), ownedApp, lease.Term, time.Now()),
			func() error { _, err := w.b.Claim(context.Background(), ownedApp, time.Now()); return err }())
	}()
	w.blocked(2, taken)
	select {
	case <-taken:
		t.Error("the App ID was taken over while a write of its owner was under way")
	default:
	}
	letGo()
	<-written
	<-taken
	if err != nil || results[0] != nil || takeover != nil {
		t.Errorf("the write: %v, %v, the takeover: %v", results, err, takeover)
	}
}

// TestAFrozenTransactionHoldsNobodyUp has a process stand still in the middle of a transaction.
func TestAFrozenTransactionHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Shared(t))
	row := w.algebra()
	frozen, wake, done := make(chan struct{}), make(chan struct{}), make(chan error)
	var once sync.Once
	tries := 0
	go func() {
		done <- w.a.WriteSpecs(context.Background(), func(tx *store.SpecTx) error {
			tries++
			_, err := tx.Row(row.ID)
			once.Do(func() {
				close(frozen)
				<-wake
			})
			return errors.Join(err, tx.SetOrders(row.ID, []byte(`{"by":"a"}`), row.End))
		})
	}()
	<-frozen
	w.must(w.b.WriteSpecs(t.Context(), func(tx *store.SpecTx) error { return tx.SetOrders(row.ID, []byte(`{"by":"b"}`), row.End) }))
	close(wake)
	if err := <-done; err != nil || tries != 2 {
		t.Errorf("the frozen transaction ended with %v after %d tries: want it run anew", err, tries)
	}
	stored, err := w.b.Row(t.Context(), row.ID)
	if err != nil || string(stored.Doc) != `{"by":"a"}` || stored.Generation != 3 {
		t.Errorf("stored is %s of generation %d, %v: want what came last", stored.Doc, stored.Generation, err)
	}
}

// TestASpecThatIsWrittenWhileItsStatusWaits has a worker's write wait for that of a spec.
func TestASpecThatIsWrittenWhileItsStatusWaits(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Shared(t))
	row := w.algebra()
	row.Wake = row.Start
	lease, err := w.a.Claim(t.Context(), ownedApp, time.Now())
	w.must(err)
	var results []error
	written := make(chan struct{})
	w.must(w.b.WriteSpecs(t.Context(), func(tx *store.SpecTx) error {
		if _, err := tx.Row(row.ID); err != nil {
			return err
		}
		go func() {
			defer close(written)
			results, err = w.a.Commit(context.Background(), ownedApp, lease.Term, []store.Step{row.Step()})
		}()
		w.blocked(1, written)
		select {
		case <-written:
			t.Error("the status changed while an order was judged by it")
		default:
		}
		return tx.SetOrders(row.ID, []byte(`{}`), row.End)
	}))
	<-written
	if err != nil || results[0] != nil {
		t.Fatal(results, err)
	}
	stored, err := w.b.Row(t.Context(), row.ID)
	if err != nil || stored.Wake.UnixMilli() != 0 || stored.Generation != 2 || stored.State != "recording" {
		t.Errorf("stored is %+v, %v: want the status, to be looked at at once", stored, err)
	}
}

// TestTwoTransactionsInEachOthersWay have locked what the other wants: one of them is run again.
func TestTwoTransactionsInEachOthersWay(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Shared(t))
	row := w.algebra()
	lease, err := w.a.Claim(t.Context(), ownedApp, time.Now())
	w.must(err)
	tx, err := w.raw.BeginTx(t.Context(), nil)
	w.must(err)
	for _, text := range []string{`SET LOCAL deadlock_timeout = '1min'`, `SELECT 1 FROM occurrences FOR UPDATE`} {
		_, err = tx.ExecContext(t.Context(), text)
		w.must(err)
	}
	var results []error
	written := make(chan struct{})
	go func() {
		defer close(written)
		results, err = w.a.Commit(context.Background(), ownedApp, lease.Term, []store.Step{row.Step()})
	}()
	w.blocked(1, written)
	if _, err := tx.ExecContext(t.Context(), `UPDATE leases SET seen_at = seen_at`); err != nil {
		t.Fatal(err)
	}
	w.must(tx.Commit())
	<-written
	if err != nil || results[0] != nil {
		t.Errorf("%v, %v: want it written at the second try", results, err)
	}
}

// TestALowerNumberThatIsCommittedLater follows the log while two transactions take numbers in one order and commit in the other.
func TestALowerNumberThatIsCommittedLater(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Shared(t))
	insert := `INSERT INTO events (occurrence_id, happened_at, kind, who, body, data) VALUES ('', 0, $1, '', '', '')`
	w.must(w.a.Log(t.Context(), store.Event{Kind: "first"}))
	last, err := w.b.LastEvent(t.Context())
	w.must(err)
	kinds := func() (all []string) {
		events, err := w.b.FollowEvents(t.Context(), last, 10)
		w.must(err)
		for _, e := range events {
			all, last = append(all, e.Kind), e.Seq
		}
		return all
	}
	for _, tt := range []struct {
		end  func(*sql.Tx) error
		want []string
	}{
		{(*sql.Tx).Commit, []string{"lower", "higher"}},
		{(*sql.Tx).Rollback, []string{"higher"}},
	} {
		tx, err := w.raw.BeginTx(t.Context(), nil)
		w.must(err)
		_, err = tx.ExecContext(t.Context(), insert, "lower")
		w.must(err)
		w.must(w.a.Log(t.Context(), store.Event{Kind: "higher"}))
		if got := kinds(); len(got) != 0 {
			t.Fatalf("shown before the lower number: %v", got)
		}
		if n, err := w.b.LastEvent(t.Context()); err != nil || n != last {
			t.Fatalf("who begins now goes on from %d, %v, want %d", n, err, last)
		}
		w.must(tt.end(tx))
		var got []string
		for len(got) < len(tt.want) { // other transactions of the server may be under way
			got = append(got, kinds()...)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("shown %v, want %v", got, tt.want)
		}
	}
	again, err := w.b.FollowEvents(t.Context(), 0, 10)
	w.must(err)
	if len(again) != 4 {
		t.Errorf("from the beginning: %+v", again)
	}
}

// TestAClaimWhoseCommitFailsGivesNoLease has the database refuse the commit, after all statements succeeded.
func TestAClaimWhoseCommitFailsGivesNoLease(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Start(t))
	_, err := w.raw.ExecContext(t.Context(), `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
		CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON leases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`)
	w.must(err)
	if leases, err := w.a.ClaimAll(t.Context(), []string{ownedApp}, time.Now()); err == nil || len(leases) > 0 {
		t.Errorf("%+v, %v, want an error alone", leases, err)
	}
}
