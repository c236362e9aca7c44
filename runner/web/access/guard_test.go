package access

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestGuessesAtOnceAreNoMoreThanThoseInARow: while secrets are slow to read, fifty guesses of one address are sent at once.
// No more than ten are compared, and the right token, which is among the last, does not show. Another address is let in.
func TestGuessesAtOnceAreNoMoreThanThoseInARow(t *testing.T) {
	const right = "example-token-long-enough"
	p, _, err := accessible(t, "tokens: [{name: a, token: $A, scopes: [read]}]", map[string]string{"$A": right})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		compared := 0
		quick := p.entries[0].secret
		p.entries[0].secret = func() (string, error) {
			compared++
			time.Sleep(100 * time.Millisecond) // of the bubble: a secret on a slow disk
			return quick()
		}
		p.looked = time.Now().Add(time.Hour)
		h := New(Config{Policy: p, Loopback: true}, nil).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		ask := func(from, token string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = from
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		answers := map[int]int{}
		for i := range 50 {
			all.Go(func() {
				status := ask("127.0.0.1:5000", fmt.Sprintf("a-guess-of-a-token-%d", i))
				mu.Lock()
				answers[status]++
				mu.Unlock()
			})
			synctest.Wait() // so that they stand in line
		}
		all.Go(func() {
			if status := ask("127.0.0.1:5000", right); status != http.StatusTooManyRequests {
				t.Errorf("the right token after the guesses: %d", status)
			}
		})
		all.Wait()
		if answers[http.StatusUnauthorized] != 10 || answers[http.StatusTooManyRequests] != 40 || compared != 10 {
			t.Errorf("answers %v, %d comparisons", answers, compared)
		}
		if status := ask("127.0.0.2:5000", right); status != http.StatusOK {
			t.Errorf("another address: %d", status)
		}
		time.Sleep(10 * time.Minute) // of the bubble: failures are forgotten
		for range 50 {
			all.Go(func() {
				if status := ask("127.0.0.1:5000", right); status != http.StatusOK {
					t.Errorf("fifty requests at once with the right token: %d", status)
				}
			})
		}
		all.Wait()
	})
}
