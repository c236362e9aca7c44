package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// OtherServiceError says that a store is for another service than the one at hand. It is an [ErrOtherService].
type OtherServiceError struct {
	Path string
	Have string // what the store remembers
	Want string // what the opener named
}

func (e *OtherServiceError) Error() string {
	return fmt.Sprintf("store %s belongs to service %s, not %s: name another store, or the service with --api-url", e.Path, e.Have, e.Want)
}

func (e *OtherServiceError) Unwrap() error { return ErrOtherService }

// Service is what the store remembers; "" when nobody has worked on it for a service yet.
func (s *Store) Service(ctx context.Context) (string, error) {
	var name string
	err := s.get(ctx, "read its service", `SELECT value FROM settings WHERE name = 'service'`, nil, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// checkService compares the service, and makes the store remember it when it is the first to work on it.
func (s *Store) checkService(ctx context.Context, opts Options) error {
	if opts.Service == "" {
		return nil
	}
	have, err := s.Service(ctx)
	if err != nil {
		return err
	}
	if have == "" && opts.Work {
		if err := s.write(ctx, "remember its service", func(ctx context.Context, tx *txn) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES ('service', $1) ON CONFLICT (name) DO NOTHING`, opts.Service)
			return err
		}); err != nil {
			return err
		}
		if have, err = s.Service(ctx); err != nil { // another node may have been the first
			return err
		}
	}
	if have != "" && have != opts.Service {
		return &OtherServiceError{Path: s.path, Have: have, Want: opts.Service}
	}
	return nil
}
