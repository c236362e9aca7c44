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
		ask := asking(t, Config{Policy: p, Loopback: true})
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

// TestAProxyThatSaysNothingIsNotThisMachine has what nginx sends for whoever asks it, where its configuration has no more than
// proxy_pass http://127.0.0.1:8089. With an access file it is the token that counts.
func TestAProxyThatSaysNothingIsNotThisMachine(t *testing.T) {
	const right = "example-token-long-enough"
	p, _, err := accessible(t, "tokens: [{name: a, token: $A, scopes: [read]}]", map[string]string{"$A": right})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		policy *Policy
		proto  string
		minor  int
		want   int
	}{{nil, "HTTP/1.0", 0, http.StatusForbidden}, {nil, "HTTP/1.1", 1, http.StatusOK}, {p, "HTTP/1.0", 0, http.StatusOK}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/status", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:50000", "127.0.0.1:8089"
		r.Proto, r.ProtoMajor, r.ProtoMinor = one.proto, 1, one.minor
		r.Header.Set("Connection", "close")
		if one.policy != nil {
			r.Header.Set("Authorization", "Bearer "+right)
		}
		w := httptest.NewRecorder()
		New(Config{Loopback: true, Policy: one.policy}, nil).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != one.want {
			t.Errorf("%s, access file %v: %d %s, want %d", one.proto, one.policy != nil, w.Code, w.Body, one.want)
		}
	}
}

// asking sends requests with a token from addresses to a guard, and gives the status of the answer.
func asking(t *testing.T, c Config) func(from, token string) int {
	h := New(c, nil).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return func(from, token string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = from
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
}

// TestStrangersLockNobodyOut has wrong tokens come from 900 networks each second: from those of one site, and from those
// of everywhere. Who has the right token comes from elsewhere, from a network of its own each time.
func TestStrangersLockNobodyOut(t *testing.T) {
	const right = "example-token-long-enough"
	for name, stranger := range map[string]string{"one site": "[2001:db8:0:%x::1]:5000", "everywhere": "[2001:%x::1]:5000"} {
		p, _, err := accessible(t, "tokens: [{name: a, token: $A, scopes: [operate]}]", map[string]string{"$A": right})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			p.looked = time.Now().Add(time.Hour)
			ask := asking(t, Config{Policy: p, TLS: true})
			compared := 0
			for second := range 30 {
				for i := range 900 {
					if ask(fmt.Sprintf(stranger, second*900+i), "a-guess-of-a-token-of-some-length") == http.StatusUnauthorized {
						compared++
					}
				}
				for _, from := range []string{"198.51.100.%d:5000", "[2a02:%x::1]:5000"} {
					if status := ask(fmt.Sprintf(from, second+1), right); status != http.StatusOK {
						t.Errorf("%s, second %d: the right token from %s is answered with %d", name, second, from, status)
					}
				}
				time.Sleep(time.Second) // virtual
			}
			if most := siteBurst + 30*int(time.Second/siteEvery+1); name == "one site" && compared > most {
				t.Errorf("%d guesses of one site are compared, want %d at most", compared, most)
			}
		})
	}
}

// TestASiteOfManyStrangersKeepsThoseThatItKnows has a network that was let in, and strangers in others of the same site.
func TestASiteOfManyStrangersKeepsThoseThatItKnows(t *testing.T) {
	const right = "example-token-long-enough"
	p, _, err := accessible(t, "tokens: [{name: a, token: $A, scopes: [operate]}]", map[string]string{"$A": right})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p.looked = time.Now().Add(time.Hour)
		ask := asking(t, Config{Policy: p, TLS: true})
		for room := range 500 { // who is let in costs the site nothing
			if status := ask(fmt.Sprintf("[2001:db8:0:%x::1]:5000", room), right); status != http.StatusOK {
				t.Fatalf("room %d with the right token: %d", room, status)
			}
		}
		for i := range 1000 {
			ask(fmt.Sprintf("[2001:db8:0:%x::1]:5000", 0x1000+i), "a-guess-of-a-token-of-some-length")
		}
		if status := ask("[2001:db8:0:7::2]:5000", right); status != http.StatusOK {
			t.Errorf("a network that was let in before: %d", status)
		}
		if status := ask("[2001:db8:0:ffff::1]:5000", right); status != http.StatusTooManyRequests {
			t.Errorf("the right token shows among the guesses of a site: %d", status)
		}
	})
}
