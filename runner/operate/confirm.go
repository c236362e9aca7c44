package operate

import (
	"context"
	"errors"
	"fmt"

	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
)

// ErrNotWaiting says that a revision is not the newest of its plan, or does not wait.
var ErrNotWaiting = errors.New("does not wait for a confirmation")

// Confirm has a revision that waits become the active one of its plan. Only the newest of its plan can be confirmed.
func Confirm(ctx context.Context, s *store.Store, r store.Revision, by Operator) (string, error) {
	held, err := view.HeldRevisions(ctx, s, store.RevisionWaiting)
	if err != nil {
		return "", err
	}
	for _, waiting := range held {
		if waiting.ID == r.ID {
			return confirm(ctx, s, waiting, by)
		}
	}
	return "", fmt.Errorf("plan %s: revision %d %w", r.Plan, r.ID, ErrNotWaiting)
}

func confirm(ctx context.Context, s *store.Store, r store.Revision, by Operator) (string, error) {
	if err := s.SetRevision(ctx, r.ID, store.RevisionConfirmed, "", runner.NoteOf(r, by.Why)); err != nil {
		return "", err
	}
	text := fmt.Sprintf("plan %s, revision %d: confirmed", r.Plan, r.ID)
	if by.Why != "" {
		text += ": " + by.Why
	}
	data, err := withOrigin(nil, by)
	if err != nil {
		return "", err
	}
	if err := s.Log(ctx, store.Event{At: by.Now, Kind: "command", Who: by.Who, Text: text, Data: data}); err != nil {
		return "", err
	}
	return fmt.Sprintf("plan %s: revision %d is confirmed, %s", r.Plan, r.ID, r.Note), nil
}
