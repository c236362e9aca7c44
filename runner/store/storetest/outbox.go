package storetest

import (
	"testing"
	"time"

	"rundown/runner/store"
)

func announcements(t *testing.T, s *store.Store) {
	term := lease(t, s)
	o := class("algebra", monday)
	announced := func(id string) store.Announcement {
		return store.Announcement{ID: id, At: monday, Kind: "class.failed", Plan: "school", Subject: o.ID, Data: []byte(`{"why":1}`)}
	}
	apply(t, s, term, []error{nil, store.ErrStale},
		Row{Occurrence: o, Announced: []store.Announcement{announced("a")}},
		Row{Occurrence: o, Announced: []store.Announcement{announced("of a step that is not written")}})
	if err := s.Announce(t.Context(), []store.Mark{{Name: "one", Value: "1"}, {Name: "two", Value: "2"}}, announced("b")); err != nil {
		t.Fatal(err)
	}
	if err := s.Announce(t.Context(), []store.Mark{{Name: "one"}, {Name: "two", Value: "3"}}); err != nil {
		t.Fatal(err)
	}
	marks, err := s.Marks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, marks, map[string]string{"two": "3"})
	found, err := s.Unrouted(t.Context(), 10)
	if err != nil || len(found) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	want := announced("a")
	want.Seq = found[0].Seq
	same(t, found[0], want)
	if err := s.Post(t.Context(), store.Routed{Seq: found[0].Seq}); err != nil {
		t.Fatal(err)
	}
	if found, err = s.Unrouted(t.Context(), 10); err != nil || len(found) != 1 || found[0].ID != "b" {
		t.Errorf("after one is routed: %+v, %v", found, err)
	}
	last, err := s.LastAnnouncement(t.Context())
	if err != nil || last != found[0].Seq {
		t.Errorf("the newest is %d, %v", last, err)
	}
	all, err := s.Announcements(t.Context(), 0, 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("those that are routed count too: %+v, %v", all, err)
	}
	same(t, all[0], want)
	if all, err = s.Announcements(t.Context(), want.Seq, 10); err != nil || len(all) != 1 || all[0].ID != "b" {
		t.Errorf("after the first: %+v, %v", all, err)
	}
}

// message is one that waits.
func message(id, target, subject string, due time.Time) store.Message {
	return store.Message{
		ID: id, Target: target, Kind: "class.failed", Plan: "school", Subject: subject, Severity: "critical",
		At: monday, Due: due, State: store.MessageWaiting, Body: []byte(`{"specversion":"1.0"}`),
	}
}

// posting is a store whose messages go to one target.
type posting struct {
	*testing.T
	s *store.Store
}

func (t posting) post(messages ...store.Message) {
	t.Helper()
	if err := t.s.Post(t.Context(), store.Routed{Messages: messages}); err != nil {
		t.Fatal(err)
	}
}

// due gives the messages that are due, and wants them to be these.
func (t posting) due(now time.Time, want ...string) []store.Message {
	t.Helper()
	found, err := t.s.DueMessages(t.Context(), "duty", now, 10)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	same(t.T, ids, want)
	return found
}

func (t posting) settle(m store.Message, hurry time.Time) {
	t.Helper()
	if err := t.s.Settle(t.Context(), []store.Message{m}, "duty", hurry); err != nil {
		t.Fatal(err)
	}
}

func outbox(t *testing.T, s *store.Store) {
	duty := posting{t, s}
	later := monday.Add(time.Hour)
	duty.post(message("1", "duty", "algebra", monday), message("2", "duty", "algebra", monday), message("3", "duty", "german", monday), message("1", "other", "algebra", monday))
	again := message("1", "duty", "algebra", monday)
	again.Body = []byte(`{}`)
	duty.post(again) // is left as it is
	first := duty.due(monday, "1", "3")
	same(t, string(first[0].Body), `{"specversion":"1.0"}`)

	failed := first[0]
	failed.Tries, failed.Due, failed.Result = 1, later, "HTTP 500"
	duty.settle(failed, time.Time{})
	duty.due(monday, "3") // the second of the class waits for the first
	if next, err := s.NextDue(t.Context(), "duty"); err != nil || !next.Equal(monday) {
		t.Errorf("next due %v, %v", next, err)
	}
	backlogs, err := s.Backlogs(t.Context(), monday)
	if err != nil {
		t.Fatal(err)
	}
	same(t, backlogs, []store.Backlog{
		{Target: "duty", Waiting: 3, Oldest: monday, Tries: 1, Result: "HTTP 500"}, {Target: "other", Waiting: 1, Oldest: monday},
	})
	sent := first[1]
	sent.State, sent.Settled, sent.Result = store.MessageSent, monday, "sent"
	duty.settle(sent, monday) // it is up again: what failed is due now
	failed.State, failed.Settled = store.MessageSent, monday
	duty.due(monday, "1")
	duty.settle(failed, time.Time{})
	duty.due(monday, "2")
	duty.settle(failed, time.Time{}) // is settled, and stays so
	droppedMessages(duty)
}

// droppedMessages goes on where two of the messages of the target were sent, and one waits.
func droppedMessages(t posting) {
	s := t.s
	// What is held back and was never tried holds back nothing else of its class.
	t.post(message("4", "duty", "french", monday.Add(time.Hour)), message("5", "duty", "french", monday))
	t.due(monday, "2", "5")
	if err := s.Post(t.Context(), store.Routed{Withdrawn: store.Withdrawal{Kind: "class.failed", Subject: "french", Why: "resolved", At: monday}}); err != nil {
		t.Fatal(err)
	}
	t.due(monday.Add(2*time.Hour), "2", "5")
	if n, err := s.DropFor(t.Context(), "duty", monday, "gone", monday); err != nil || n != 0 {
		t.Errorf("dropped %d that were not made before, %v", n, err)
	}
	if n, err := s.DropFor(t.Context(), "duty", time.Time{}, "gone", monday); err != nil || n != 2 {
		t.Errorf("dropped %d, %v", n, err)
	}
	dropped, err := s.Outbox(t.Context(), store.OutboxFilter{State: store.MessageDropped, Target: "duty"})
	if err != nil || len(dropped) != 3 || dropped[0].ID != "5" || dropped[0].Result != "gone" || dropped[1].Result != "resolved" {
		t.Errorf("dropped %+v, %v", dropped, err)
	}
	gone, err := s.Prune(t.Context(), monday.Add(time.Hour))
	if err != nil || gone.Messages != 5 {
		t.Errorf("removed %+v, %v: want the five that are settled", gone, err)
	}
	if left, err := s.Outbox(t.Context(), store.OutboxFilter{}); err != nil || len(left) != 1 || left[0].Target != "other" {
		t.Errorf("left %+v, %v", left, err)
	}
}

// withdrawals has messages of classes taken back, and tells to whom they went that they are void.
func withdrawals(t *testing.T, s *store.Store) {
	duty := posting{t, s}
	void := func(subject string) store.Routed {
		return store.Routed{
			Withdrawn: store.Withdrawal{Kind: "class.failed", Subject: subject, Why: "resolved", At: monday},
			Messages:  []store.Message{message("over "+subject, "duty", subject, monday), message("over "+subject, "other", subject, monday)},
		}
	}
	post := func(routed ...store.Routed) {
		t.Helper()
		if err := s.Post(t.Context(), routed...); err != nil {
			t.Fatal(err)
		}
	}
	of := func(m ...store.Message) store.Routed { return store.Routed{Messages: m} }

	duty.post(message("ahead", "duty", "algebra", monday.Add(time.Hour)), message("other class", "duty", "french", monday.Add(time.Hour)))
	post(void("algebra"))
	duty.due(monday) // it was never told, so it is not told that it is over
	if waits, err := s.Outbox(t.Context(), store.OutboxFilter{Target: "other", State: store.MessageWaiting}); err != nil || len(waits) != 1 {
		t.Errorf("another target hears of it: %+v, %v", waits, err)
	}
	post(of(message("at once", "duty", "german", monday)), void("german"), of(message("again", "duty", "german", monday)))
	sent := duty.due(monday, "again")[0] // nobody could be told of the first before it was void
	sent.State, sent.Settled = store.MessageSent, monday
	duty.settle(sent, time.Time{})
	post(of(message("again", "duty", "german", monday)), void("german")) // who was told before hears that it is void
	duty.due(monday, "over german")
	post(of(message("out", "duty", "history", monday)))
	post(void("history")) // it was due before, and may be out
	duty.due(monday, "over german", "out")
	tried := message("tried", "duty", "latin", monday.Add(time.Hour))
	tried.Tries = 1
	post(of(tried), void("latin"))
	duty.due(monday.Add(time.Hour), "other class", "over german", "out", "tried")
}

// toldAndWithdrawn has a class fail, move ahead, and fail again. duty was told of the first one, so it hears that the class recovered
// although the second one is taken back; other, which was told of nothing, does not. Nobody hears twice that it recovered.
func toldAndWithdrawn(t *testing.T, s *store.Store) {
	duty := posting{t, s}
	ahead := monday.Add(time.Hour)
	duty.post(message("first", "duty", "algebra", monday))
	sent := duty.due(monday, "first")[0]
	sent.State, sent.Settled = store.MessageSent, monday
	duty.settle(sent, time.Time{})
	for _, id := range []string{"recovered", "recovered again"} {
		over := store.Routed{Withdrawn: store.Withdrawal{Kind: "class.failed", Subject: "algebra", Over: "class.recovered", Why: "resolved", At: monday}}
		for _, target := range []string{"duty", "other"} {
			duty.post(message("before "+id, target, "algebra", ahead))
			m := message(id, target, "algebra", monday)
			m.Kind = "class.recovered"
			over.Messages = append(over.Messages, m)
		}
		if err := s.Post(t.Context(), over); err != nil {
			t.Fatal(err)
		}
	}
	duty.due(ahead, "recovered")
	if other, err := s.Outbox(t.Context(), store.OutboxFilter{Target: "other", State: store.MessageWaiting}); err != nil || len(other) > 0 {
		t.Errorf("who was told of nothing hears %+v, %v", other, err)
	}
}
