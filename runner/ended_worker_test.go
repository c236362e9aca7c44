package runner

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora"
	"rundown/runner/store"
)

// TestNothingWaitsForAWorkerThatHasEnded has a worker whose App ID went to another node just now: its loop has ended, and
// the engine still has it.
func TestNothingWaitsForAWorkerThatHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), ":memory:", store.Options{Create: true, Work: true})
		if err != nil {
			t.Fatal(err)
		}
		e := New(Config{Store: s})
		e.ctx, e.stop = context.WithCancel(context.Background())
		w := newWorker(e, store.Lease{App: "app", Node: s.NodeID(), Term: 1})
		w.running = true
		close(w.ended)
		e.workers["app"] = w
		done := make(chan struct{})
		go func() {
			defer close(done)
			if !e.allQuiet(time.Second) {
				t.Error("an engine with nothing to do is not quiet")
			}
			e.routeNotice(agora.Event{ProductID: agora.ProductCloudRecording, Cname: "room", UID: "1", SID: "sid"})
		}()
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("the checkpoint or a notification waits for a worker that has ended")
		}
		e.stop()
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
