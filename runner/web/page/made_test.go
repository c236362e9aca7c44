package page

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestEqualViewersGetOnePage for a second: a hundred that come at once have it made once, who sees something else has it
// made anew, and so has who comes later.
func TestEqualViewersGetOnePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shelf
		var filled atomic.Int64
		fill := func() *made {
			filled.Add(1)
			return &made{status: http.StatusOK}
		}
		hundred := func(v sight) {
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() { s.get(v, fill) })
			}
			all.Wait()
		}
		for i, v := range []sight{
			{address: "/"},
			{address: "/week/"},
			{address: "/", zone: "Asia/Kathmandu"},
			{address: "/", scopes: "operate"},
			{address: "/", named: true},
			{address: "/", changes: 1},
		} {
			if hundred(v); filled.Load() != int64(i+1) {
				t.Fatalf("%+v: %d pages are made", v, filled.Load())
			}
		}
		time.Sleep(fresh + time.Millisecond)
		if hundred(sight{address: "/"}); filled.Load() != 7 {
			t.Errorf("a second later %d pages are made", filled.Load())
		}
		for i := range 100 {
			hundred(sight{address: "/?q=" + strconv.Itoa(i)})
		}
		if len(s.pages) > mostShelved {
			t.Errorf("%d pages are kept", len(s.pages))
		}
	})
}

// TestAPageThatCouldNotBeMadeIsNotShared: it may be the fault of one request.
func TestAPageThatCouldNotBeMadeIsNotShared(t *testing.T) {
	var s shelf
	status := http.StatusServiceUnavailable
	fill := func() *made { return &made{status: status} }
	if s.get(sight{}, fill); s.get(sight{}, fill).status != status {
		t.Error("the first answer")
	}
	status = http.StatusOK
	if got := s.get(sight{}, fill).status; got != http.StatusOK {
		t.Errorf("the next is answered %d", got)
	}
}
