package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Announcement is something that happened of which people may want to hear. It is written in the transaction in which
// it happened, and becomes a [Message] for each target that hears of it. It never holds a secret.
type Announcement struct {
	Seq     int64     // given by the store, rising
	ID      string    // by [AnnouncementID], the same however often what it tells is found; a target gets one message of an ID
	At      time.Time // when it happened
	Kind    string    // class.failed, …: an id of plan.Events
	Plan    string    // "" where it is about no plan
	Subject string    // the occurrence that it is about, or another name; "" where it is about none
	Data    []byte    // JSON
}

const insertAnnouncement = `INSERT INTO announcements (id, happened_at, kind, plan, subject, data, routed) VALUES ($1, $2, $3, $4, $5, $6, 0)`

func (a Announcement) row() []any {
	return []any{a.ID, millis(a.At), a.Kind, a.Plan, a.Subject, string(a.Data)}
}

// Mark remembers under a name what was announced of a condition that lasts. An empty value removes it.
type Mark struct{ Name, Value string }

// Announce writes announcements, and marks in the same transaction. As [Store.Post] and [Store.Settle] it does not ask who has the
// duties: of two senders, the first to post and to settle a message counts.
func (s *Store) Announce(ctx context.Context, marks []Mark, announcements ...Announcement) error {
	if len(marks) == 0 && len(announcements) == 0 {
		return nil
	}
	return s.write(ctx, "announce", func(ctx context.Context, tx *txn) error {
		for _, a := range announcements {
			if _, err := tx.ExecContext(ctx, insertAnnouncement, a.row()...); err != nil {
				return err
			}
		}
		return setMarks(ctx, tx, marks)
	})
}

func setMarks(ctx context.Context, tx *txn, marks []Mark) error {
	for _, m := range marks {
		var err error
		if m.Value == "" {
			_, err = tx.ExecContext(ctx, `DELETE FROM marks WHERE name = $1`, m.Name)
		} else {
			_, err = tx.ExecContext(ctx, `INSERT INTO marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, m.Name, m.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Marks reads all marks, by name.
func (s *Store) Marks(ctx context.Context) (map[string]string, error) {
	rows, err := query(ctx, s, "read marks", `SELECT name, value FROM marks`, nil, func(rows *sql.Rows) (m Mark, err error) {
		return m, rows.Scan(&m.Name, &m.Value)
	})
	marks := make(map[string]string, len(rows))
	for _, m := range rows {
		marks[m.Name] = m.Value
	}
	return marks, err
}

// Unrouted lists announcements of which no messages were made yet, oldest first, at most limit.
func (s *Store) Unrouted(ctx context.Context, limit int) ([]Announcement, error) {
	return query(ctx, s, "list announcements",
		`SELECT `+announcementColumns+` FROM announcements WHERE routed = 0 ORDER BY seq LIMIT $1`, []any{limit}, scanAnnouncement)
}

const announcementColumns = `seq, id, happened_at, kind, plan, subject, data`

func scanAnnouncement(rows *sql.Rows) (a Announcement, err error) {
	var at int64
	var data string
	err = rows.Scan(&a.Seq, &a.ID, &at, &a.Kind, &a.Plan, &a.Subject, &data)
	a.At, a.Data = instant(at), document(data)
	return a, err
}

// MessageState says what became of a message.
type MessageState string

// The states of a message.
const (
	MessageWaiting MessageState = "waiting" // to be sent when it is due
	MessageSent    MessageState = "sent"    // the target has taken it
	MessageDropped MessageState = "dropped" // it is not sent any more, or was not; Result says why
)

// Message is what one target is to hear. There is at most one of a target and an ID. Messages of one subject are sent in the order
// of Seq.
type Message struct {
	Seq      int64  // given by the store, rising
	ID       string // of its announcement; the same for each target and each try
	Target   string // a key of the targets of the active plans
	Kind     string // of its announcement, as Plan and Subject are
	Plan     string
	Subject  string
	Severity string    // info, warning or critical
	At       time.Time // when it was made
	Due      time.Time // when it may be sent next
	Tries    int       // that failed
	State    MessageState
	Settled  time.Time // when it was sent or dropped
	Result   string    // of the last try, for people
	Body     []byte    // JSON
}

const messageColumns = `seq, id, target, kind, plan, subject, severity, created_at, due_at, tries, state, settled_at, result, body`

func scanMessage(rows *sql.Rows) (m Message, err error) {
	var at, due, settled int64
	var body string
	err = rows.Scan(&m.Seq, &m.ID, &m.Target, &m.Kind, &m.Plan, &m.Subject, &m.Severity, &at, &due, &m.Tries, &m.State, &settled, &m.Result, &body)
	m.At, m.Due, m.Settled, m.Body = instant(at), instant(due), instant(settled), document(body)
	return m, err
}

// Routed is what becomes of an announcement.
type Routed struct {
	Seq       int64 // of the announcement
	Withdrawn Withdrawal
	Messages  []Message // those for targets from which messages were withdrawn are left out, where they were told of none before
}

// Withdrawal takes back what nobody was told yet: the messages of a kind about a subject that wait, were never tried, and are not due, or
// were posted in the same transaction. The zero one takes nothing back.
type Withdrawal struct {
	Kind, Subject string
	Over          string // the kind of the messages that tell that it is over
	Why           string // the result of the messages, for people
	At            time.Time
}

// Post writes what becomes of announcements, one after the other, and notes that they are routed, in one transaction: where it fails,
// nothing of it has happened. A message that its target has already is left as it is.
func (s *Store) Post(ctx context.Context, routed ...Routed) error {
	return s.write(ctx, "post messages", func(ctx context.Context, tx *txn) error {
		var before int64 // the newest message that may have been sent
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM outbox`).Scan(&before); err != nil {
			return err
		}
		for _, r := range routed {
			spared, err := r.Withdrawn.carryOut(ctx, tx, before)
			if err != nil {
				return err
			}
			for _, m := range r.Messages {
				if slices.Contains(spared, m.Target) {
					continue
				}
				if _, err := tx.ExecContext(ctx,
					`INSERT INTO outbox (id, target, kind, plan, subject, severity, created_at, due_at, tries, state, settled_at, result, body)
					VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (target, id) DO NOTHING`,
					m.ID, m.Target, m.Kind, m.Plan, m.Subject, m.Severity, millis(m.At), millis(m.Due), m.Tries, m.State, millis(m.Settled), m.Result, string(m.Body)); err != nil {
					return err
				}
			}
			if _, err := tx.ExecContext(ctx, `UPDATE announcements SET routed = 1 WHERE seq = $1`, r.Seq); err != nil {
				return err
			}
		}
		return nil
	})
}

// carryOut drops what the withdrawal names, and gives the targets that do not hear of it, since they were told of nothing that is over now.
// Messages after before are of this transaction.
func (w Withdrawal) carryOut(ctx context.Context, tx *txn, before int64) ([]string, error) {
	if w.Kind == "" {
		return nil, nil
	}
	rows, err := tx.QueryContext(ctx, `UPDATE outbox SET state = 'dropped', settled_at = $1, result = $2
		WHERE state = 'waiting' AND tries = 0 AND (due_at > $1 OR seq > $3) AND kind = $4 AND subject = $5 RETURNING target`,
		millis(w.At), w.Why, before, w.Kind, w.Subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var targets []string
	for rows.Next() {
		var target string
		if err := rows.Scan(&target); err != nil {
			return nil, err
		}
		targets = append(targets, target)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var spared []string
	for _, target := range targets {
		told, err := w.told(ctx, tx, target)
		if err != nil {
			return nil, err
		}
		if !told {
			spared = append(spared, target)
		}
	}
	return spared, nil
}

// told says that a target has an earlier message of the kind, sent or to be sent, and none since that it is over.
func (w Withdrawal) told(ctx context.Context, tx *txn, target string) (told bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(CASE WHEN kind = $3 THEN seq END), 0) > coalesce(max(CASE WHEN kind = $4 THEN seq END), 0)
		FROM outbox WHERE target = $1 AND subject = $2 AND state <> 'dropped'`, target, w.Subject, w.Kind, w.Over).Scan(&told)
	return told, err
}

// DueMessages lists what a target is to be sent now, in order, at most limit. Of one subject it is the earliest message
// alone: a later one waits until that is sent or dropped, unless the earlier one is only due later and was never tried.
func (s *Store) DueMessages(ctx context.Context, target string, now time.Time, limit int) ([]Message, error) {
	return query(ctx, s, "list messages",
		`SELECT `+messageColumns+` FROM outbox o WHERE state = 'waiting' AND target = $1 AND due_at <= $2 AND NOT EXISTS (
			SELECT 1 FROM outbox p WHERE p.state = 'waiting' AND p.target = o.target AND p.subject = o.subject AND p.seq < o.seq
			AND (p.due_at <= $2 OR p.tries > 0)) ORDER BY seq LIMIT $3`,
		[]any{target, millis(now), limit}, scanMessage)
}

// NextDue is when the next message of a target is due; zero: none waits.
func (s *Store) NextDue(ctx context.Context, target string) (time.Time, error) {
	var at int64
	err := s.get(ctx, "list messages", `SELECT coalesce(min(due_at), 0) FROM outbox WHERE state = 'waiting' AND target = $1`, []any{target}, &at)
	return instant(at), err
}

// Settle writes what became of messages, by their numbers: state, due, tries, settled and result. With hurry, all that
// waits for the target after a failure is due at that instant; zero: nothing is hurried.
func (s *Store) Settle(ctx context.Context, messages []Message, target string, hurry time.Time) error {
	return s.write(ctx, "settle messages", func(ctx context.Context, tx *txn) error {
		for _, m := range messages {
			if _, err := tx.ExecContext(ctx,
				`UPDATE outbox SET state = $1, due_at = $2, tries = $3, settled_at = $4, result = $5 WHERE seq = $6 AND state = 'waiting'`,
				m.State, millis(m.Due), m.Tries, millis(m.Settled), m.Result, m.Seq); err != nil {
				return err
			}
		}
		if hurry.IsZero() {
			return nil
		}
		_, err := tx.ExecContext(ctx, `UPDATE outbox SET due_at = $1 WHERE state = 'waiting' AND target = $2 AND tries > 0 AND due_at > $1`, millis(hurry), target)
		return err
	})
}

// DropFor drops what waits for a target: what was made before an instant, and is due or was tried; zero: all.
func (s *Store) DropFor(ctx context.Context, target string, made time.Time, why string, at time.Time) (dropped int64, err error) {
	err = s.write(ctx, "drop messages", func(ctx context.Context, tx *txn) error {
		done, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', settled_at = $1, result = $2
			WHERE state = 'waiting' AND target = $3 AND (created_at < $4 AND (due_at <= $1 OR tries > 0) OR $4 = 0)`, millis(at), why, target, millis(made))
		if err != nil {
			return err
		}
		dropped, err = done.RowsAffected()
		return err
	})
	return dropped, err
}

// OutboxFilter selects messages; zero fields select all.
type OutboxFilter struct {
	State  MessageState
	Target string
	ID     string
	Limit  int // the newest so many; 0: all
}

// Outbox lists messages, newest first.
func (s *Store) Outbox(ctx context.Context, f OutboxFilter) ([]Message, error) {
	var c conditions
	if f.State != "" {
		c.add("state = ", string(f.State))
	}
	if f.Target != "" {
		c.add("target = ", f.Target)
	}
	if f.ID != "" {
		c.add("id = ", f.ID)
	}
	text := `SELECT ` + messageColumns + ` FROM outbox` + c.where() + ` ORDER BY seq DESC`
	if f.Limit > 0 {
		text += " LIMIT " + c.arg(f.Limit)
	}
	return query(ctx, s, "list messages", text, c.args, scanMessage)
}

// Backlog is what waits for a target after its first try failed, or is overdue.
type Backlog struct {
	Target  string
	Waiting int
	Oldest  time.Time // when the oldest that is due or was tried was made; zero: none
	Tries   int       // of the one that was tried most
	Result  string    // of that one's last try
}

// Backlogs sums up what waits, by target.
func (s *Store) Backlogs(ctx context.Context, now time.Time) ([]Backlog, error) {
	return query(ctx, s, "sum up messages",
		`SELECT target, count(*), coalesce(min(CASE WHEN due_at <= $1 OR tries > 0 THEN created_at END), 0), max(tries),
			coalesce((SELECT result FROM outbox p WHERE p.target = o.target AND p.state = 'waiting' ORDER BY tries DESC, seq LIMIT 1), '')
		FROM outbox o WHERE state = 'waiting' GROUP BY target ORDER BY target`, []any{millis(now)},
		func(rows *sql.Rows) (b Backlog, err error) {
			var oldest int64
			err = rows.Scan(&b.Target, &b.Waiting, &oldest, &b.Tries, &b.Result)
			b.Oldest = instant(oldest)
			return b, err
		})
}

// AnnouncementID makes the id of an announcement from what tells it from all others.
func AnnouncementID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "evt_" + hex.EncodeToString(sum[:12])
}

// Brief is an occurrence in short.
type Brief struct {
	ID, Plan, Recording, App, State, Outcome string
	Start, End                               time.Time
	Sessions                                 []string // the states of its sessions, in any order; none of one that has ended
}

// sessionStates are the states of the sessions of an occurrence that has not ended, with spaces between them.
const sessionStates = `CASE state WHEN 'ended' THEN '' ELSE
	coalesce((SELECT string_agg(s.state, ' ') FROM sessions s WHERE s.occurrence_id = occurrences.id), '') END`

// Briefs lists the occurrences of which some part lies between two instants, in order of start.
func (s *Store) Briefs(ctx context.Context, from, until time.Time) ([]Brief, error) {
	text, args := Filter{EndAfter: from, StartBefore: until}.query()
	text = strings.Replace(text, occurrenceColumns, `id, plan, recording, app, state, outcome, starts_at, ends_at, `+sessionStates, 1)
	return query(ctx, s, "list occurrences", text, args, func(rows *sql.Rows) (b Brief, err error) {
		var start, end int64
		var states string
		err = rows.Scan(&b.ID, &b.Plan, &b.Recording, &b.App, &b.State, &b.Outcome, &start, &end, &states)
		b.Start, b.End, b.Sessions = instant(start), instant(end), strings.Fields(states)
		return b, err
	})
}
