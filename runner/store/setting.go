package store

import (
	"context"
	"database/sql"
	"errors"
)

const setSetting = `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`

// Setting is a value that the store keeps under a name; "" where there is none.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.get(ctx, "read the setting "+name, `SELECT value FROM settings WHERE name = $1`, []any{name}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// SetSetting keeps a value under a name, with events that tell of it, both or neither.
func (s *Store) SetSetting(ctx context.Context, name, value string, events ...Event) error {
	return s.write(ctx, "set "+name, func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, setSetting, name, value)
		if err != nil {
			return err
		}
		for _, e := range events {
			if _, err := tx.ExecContext(ctx, insertEvent, e.row()...); err != nil {
				return err
			}
		}
		return nil
	})
}
