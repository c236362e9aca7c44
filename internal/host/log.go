package host

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLogger gives the structured log of run and now, as --log-format and --log-level say.
func NewLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	least, known := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[level]
	if !known {
		return nil, fmt.Errorf("invalid --log-level %q: must be debug, info, warn or error", level)
	}
	opts := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	default:
		return nil, fmt.Errorf("invalid --log-format %q: must be text or json", format)
	}
}
