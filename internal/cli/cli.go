// Package cli is the command line: one file a command.
package cli

import (
	"context"
	"io"
)

// Streams are where a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Main runs the command line and returns the exit status.
func Main(ctx context.Context, args []string, streams Streams) int { panic("skeleton") }
