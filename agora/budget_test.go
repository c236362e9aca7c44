package agora

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rundown/agora/catalog"
)

// mostInASecond is the largest number of instants in any sliding second.
func mostInASecond(at []time.Time) int {
	slices.SortFunc(at, time.Time.Compare)
	most, first := 0, 0
	for i := range at {
		for at[i].Sub(at[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func TestNoSlidingSecondSeesMoreThanTheBudget(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		qps := rapid.IntRange(1, 12).Draw(r, "qps")
		clients := rapid.IntRange(1, 40).Draw(r, "clients")
		seed := rapid.Uint64().Draw(r, "seed")
		synctest.Test(t, func(t *testing.T) {
			b := NewBudget(qps)
			var mu sync.Mutex
			var sent []time.Time
			note := func() {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, time.Now())
			}
			var all sync.WaitGroup
			for i := range clients {
				all.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(i)))
					pause := func(most time.Duration) { time.Sleep(time.Duration(dice.Int64N(int64(most)))) }
					for n := range 5 {
						pause(3 * time.Second)
						ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+dice.Int64N(int64(20*time.Second))))
						switch dice.IntN(3) {
						case 0: // a pair; now and then its start comes late, or never
							h, err := b.waitPair(ctx)
							if err != nil {
								break
							}
							note()
							pause(time.Second)
							if dice.IntN(4) == 0 {
								h.release()
								break
							}
							id := fmt.Sprint(i, n)
							h.keep(id)
							pause(3 * time.Second)
							if b.waitStart(ctx, id) == nil {
								note()
							}
						default:
							if b.Wait(ctx, Priority(dice.IntN(4))) == nil {
								note()
							}
						}
						cancel()
					}
				})
			}
			all.Wait()
			if most := mostInASecond(sent); most > qps {
				t.Errorf("%d requests in a second, budget %d", most, qps)
			}
		})
	})
}

func TestAFullBudgetIsUsedToTheFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(10)
		start := time.Now()
		for range 101 {
			if err := b.Wait(t.Context(), PriorityQuery); err != nil {
				t.Fatal(err)
			}
		}
		if took, want := time.Since(start), 10*(time.Second+budgetGuard); took != want {
			t.Errorf("101 requests at 10 a second took %v, want %v", took, want)
		}
	})
}

func TestStopsGoFirstAndEqualsInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1)
		if err := b.Wait(t.Context(), PriorityQuery); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var got []string
		var all sync.WaitGroup
		queue := func(name string, p Priority) {
			all.Go(func() {
				if err := b.Wait(t.Context(), p); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, name)
			})
			synctest.Wait() // it stands in the queue
		}
		queue("query 1", PriorityQuery)
		queue("update", PriorityUpdate)
		queue("query 2", PriorityQuery)
		queue("start 1", PriorityStart)
		queue("stop 1", PriorityStop)
		queue("start 2", PriorityStart)
		queue("stop 2", PriorityStop)
		all.Wait()
		want := []string{"stop 1", "stop 2", "start 1", "start 2", "update", "query 1", "query 2"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAStopIsNotHeldUpByACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(10)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range 500 {
			all.Go(func() {
				if i%2 == 0 {
					if h, err := b.waitPair(ctx); err == nil {
						h.release()
					}
					return
				}
				_ = b.Wait(ctx, PriorityQuery)
			})
		}
		synctest.Wait()
		start := time.Now()
		if err := b.Wait(t.Context(), PriorityStop); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited > time.Second+budgetGuard {
			t.Errorf("a stop waited %v", waited)
		}
		cancel()
		all.Wait()
		if len(b.queue) != 0 || b.timer != nil {
			t.Errorf("%d still queued, timer %v", len(b.queue), b.timer)
		}
	})
}

func TestTheStartOfAnAcquireNeedNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(4)
		h, err := b.waitPair(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 3 { // the third finds one sent, one held and two others
			_ = b.Wait(t.Context(), PriorityQuery)
		}
		if waited := time.Since(start); waited != time.Second+budgetGuard {
			t.Errorf("the held place was given away: the third waited %v", waited)
		}
		h.keep("r1")
		start = time.Now()
		if err := b.waitStart(t.Context(), "r1"); err != nil || time.Since(start) != 0 {
			t.Errorf("the start waited %v: %v", time.Since(start), err)
		}
		if _, ok := b.takeHold("r1"); ok {
			t.Error("the place was used twice")
		}
	})
}

func TestAPlaceIsHeldForOneResourceID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2)
		h, _ := b.waitPair(t.Context())
		h.keep("r1")
		start := time.Now()
		_ = b.waitStart(t.Context(), "r2")
		if waited := time.Since(start); waited != time.Second+budgetGuard {
			t.Errorf("another start waited %v", waited)
		}
	})
}

func TestAcquiresWithoutAnAnswerDoNotHoldUpAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(4)
		var held []*hold
		for range 3 {
			h, err := b.waitPair(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, h)
		}
		time.Sleep(2 * time.Second) // three places are held, and nothing was sent for a second
		start := time.Now()
		for range 4 {
			if err := b.Wait(t.Context(), PriorityStop); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the stops waited %v", waited)
		}

		// The starts have to wait now, but before any other.
		var all sync.WaitGroup
		var mu sync.Mutex
		var got []string
		queue := func(name string, wait func() error) {
			all.Go(func() {
				if err := wait(); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, fmt.Sprint(name, " ", time.Since(start)))
			})
			synctest.Wait()
		}
		for i, h := range held {
			h.keep(fmt.Sprint("r", i))
		}
		queue("another", func() error { return b.Wait(t.Context(), PriorityStart) })
		for i := range held {
			queue("promised", func() error { return b.waitStart(t.Context(), fmt.Sprint("r", i)) })
		}
		all.Wait()
		slices.Sort(got)
		want := []string{"another 1.02s", "promised 1.02s", "promised 1.02s", "promised 1.02s"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAStartWhosePlaceAStopHasTakenGoesBeforeOtherStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2)
		h, _ := b.waitPair(t.Context())
		h.keep("r1")
		_ = b.Wait(t.Context(), PriorityStop)
		var others sync.WaitGroup
		for range 3 {
			others.Go(func() { _ = b.Wait(t.Context(), PriorityStart) })
			synctest.Wait() // it stands in the queue
		}
		start := time.Now()
		if err := b.waitStart(t.Context(), "r1"); err != nil || time.Since(start) != time.Second+budgetGuard {
			t.Errorf("waited %v: %v", time.Since(start), err)
		}
		others.Wait()
	})
}

func TestAStartWhosePlaceAStopHasTakenNeedNotMindWhatOthersHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3)
		h, _ := b.waitPair(t.Context())
		other, _ := b.waitPair(t.Context())
		time.Sleep(2 * time.Second)
		h.keep("r1")
		_ = b.Wait(t.Context(), PriorityStop)
		time.Sleep(500 * time.Millisecond)
		_ = b.Wait(t.Context(), PriorityStop)
		_ = b.Wait(t.Context(), PriorityStop)
		start := time.Now()
		if err := b.waitStart(t.Context(), "r1"); err != nil || time.Since(start) != 520*time.Millisecond {
			t.Errorf("waited %v: %v", time.Since(start), err)
		}
		other.release()
	})
}

func TestAnAdmissionThatComesTooLateIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2)
		w := &waiter{priority: PriorityStart, pair: true, admitted: make(chan struct{})}
		b.mu.Lock()
		b.enqueue(w)
		b.admit() // at the same instant its context ends
		b.withdraw(w)
		b.mu.Unlock()
		start := time.Now()
		_ = b.Wait(t.Context(), PriorityQuery)
		_ = b.Wait(t.Context(), PriorityQuery)
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the places were lost: waited %v", waited)
		}
	})
}

func TestAHeldPlaceIsFreeAgainWhenTheStartDoesNotCome(t *testing.T) {
	for name, end := range map[string]struct {
		end  func(*hold)
		free time.Duration
	}{
		"the acquire failed":       {func(h *hold) { h.release() }, 0},
		"the start never followed": {func(h *hold) { h.keep("r1") }, catalog.StartWithin() + holdGrace},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := NewBudget(2)
				h, _ := b.waitPair(t.Context())
				time.Sleep(5 * time.Second) // a slow answer: the place stays held
				_ = b.Wait(t.Context(), PriorityQuery)
				end.end(h)
				start := time.Now()
				_ = b.Wait(t.Context(), PriorityQuery)
				if waited := time.Since(start); waited != min(end.free, time.Second+budgetGuard) {
					t.Errorf("waited %v", waited)
				}
				_ = b.Wait(t.Context(), PriorityQuery)
				_ = b.Wait(t.Context(), PriorityQuery)
				_ = b.Wait(t.Context(), PriorityQuery)
				time.Sleep(catalog.StartWithin() + holdGrace) // virtual: until a place that is held is given up
				if promised, _ := b.takeHold("r1"); promised {
					t.Error("a place is held for ever")
				}
			})
		})
	}
}

func TestWaitingEndsWithTheContextAndTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1)
		_ = b.Wait(t.Context(), PriorityQuery)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if err := b.Wait(ctx, PriorityStop); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		start := time.Now()
		_ = b.Wait(t.Context(), PriorityQuery)
		if waited := time.Since(start); waited != 520*time.Millisecond {
			t.Errorf("the next one waited %v: who left took a place", waited)
		}
		if err := b.Wait(ctx, PriorityStop); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a dead context is admitted: %v", err)
		}
	})
}

func TestWithoutALimitNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, b := range []*Budget{nil, NewBudget(0), NewBudget(-1)} {
			start := time.Now()
			for range 1000 {
				if err := b.Wait(t.Context(), PriorityQuery); err != nil {
					t.Fatal(err)
				}
			}
			h, err := b.waitPair(t.Context())
			h.keep("r")
			h.release()
			if err := errors.Join(err, b.waitStart(t.Context(), "r")); err != nil || time.Since(start) != 0 {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		}
	})
}

func TestOneRequestASecondStillAdmitsAPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1)
		h, err := b.waitPair(t.Context())
		if err != nil || h != nil {
			t.Fatalf("%v, %v", h, err)
		}
		start := time.Now()
		_ = b.Wait(t.Context(), PriorityStart)
		if waited := time.Since(start); waited != time.Second+budgetGuard {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestABudgetThatIsSpentAdmitsNothingUntilThen takes over an App ID whose owner before has used the whole rate.
func TestABudgetThatIsSpentAdmitsNothingUntilThen(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]time.Duration{SpentFor: SpentFor, 300 * time.Millisecond: 300 * time.Millisecond, 0: 0, -time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			begin, b := time.Now(), NewBudget(10)
			b.Spend(begin.Add(left))
			for range 10 {
				if err := b.Wait(t.Context(), PriorityStop); err != nil {
					t.Fatal(err)
				}
			}
			if waited := time.Since(begin); waited != want {
				t.Errorf("with %v of it left the first ten requests waited %v", left, waited)
			}
		})
	}
	NewBudget(0).Spend(time.Now())
	(*Budget)(nil).Spend(time.Now())
}

// TestARateThatChangesCountsWhatWasSentBefore lowers the rate in a second in which it was used up, and again while an acquire waits
// that then finds no room for its start.
func TestARateThatChangesCountsWhatWasSentBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin, b := time.Now(), NewBudget(10)
		waits := func(want time.Duration) {
			t.Helper()
			if waited := time.Since(begin); waited != want {
				t.Errorf("waited %v, want %v", waited, want)
			}
		}
		for range 10 {
			_ = b.Wait(t.Context(), PriorityQuery)
		}
		b.SetRate(2)
		for range 2 {
			_ = b.Wait(t.Context(), PriorityStop)
		}
		waits(SpentFor)
		time.AfterFunc(time.Second/2, func() { b.SetRate(1) })
		if h, err := b.waitPair(t.Context()); h != nil || err != nil {
			t.Errorf("held %v, %v", h, err)
		}
		waits(2 * SpentFor)
		time.AfterFunc(time.Second/2, func() { b.SetRate(0) })
		for range 10 {
			_ = b.Wait(t.Context(), PriorityQuery)
		}
		waits(2*SpentFor + time.Second/2)
	})
}
