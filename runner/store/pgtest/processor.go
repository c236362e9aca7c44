package pgtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Processor is the processor time that all processes of the server have taken so far, by /proc.
func (s *Server) Processor(t testing.TB) time.Duration {
	t.Helper()
	const tick = time.Second / 100 // of the kernel's clock, as /proc counts
	parent := strconv.Itoa(s.cmd.Process.Pid)
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var ticks int64
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, after, _ := strings.Cut(string(text), ") ") // the name before may hold spaces
		fields := strings.Fields(after)                // from the third field on: state, parent, ...
		self := filepath.Base(filepath.Dir(path)) == parent
		if len(fields) < 15 || !self && fields[1] != parent {
			continue
		}
		count := fields[11:13] // its own time
		if self {
			count = fields[11:15] // with that of children that have ended
		}
		for _, one := range count {
			n, err := strconv.ParseInt(one, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * tick
}
