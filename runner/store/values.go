package store

import "time"

// millis is how a time is kept: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the time that [millis] made n of.
func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// document is how text in bytes was kept: nil for none.
func document(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}
