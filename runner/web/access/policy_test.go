package access

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// secrets resolves references of a test; a text without a dollar is no reference.
func secrets(values map[string]string) Resolver {
	return func(ref string) (Secret, error) {
		if !strings.HasPrefix(ref, "$") {
			return nil, errors.New("not a reference")
		}
		return func() (string, error) {
			v, ok := values[ref]
			if !ok {
				return "", errors.New("not set")
			}
			return v, nil
		}, nil
	}
}

// accessible writes an access file and loads it.
func accessible(t *testing.T, text string, values map[string]string) (*Policy, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "access.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Load(path, secrets(values), slog.New(slog.DiscardHandler))
	return p, path, err
}

func TestAnAccessFileIsRefusedThatIsUnsafeOrUnclear(t *testing.T) {
	values := map[string]string{"$A": "example-token-long-enough", "$SHORT": "short"}
	for _, one := range []struct{ name, text, says string }{
		{"nothing", "", "no tokens and no users"},
		{"a token that is written out", "tokens: [{name: a, token: example-token-long-enough, scopes: [read]}]", "not a reference"},
		{"a reference that is not set", "tokens: [{name: a, token: $NO, scopes: [read]}]", "not set"},
		{"a token that can be guessed", "tokens: [{name: a, token: $SHORT, scopes: [read]}]", "too short: 20"},
		{"a password that can be guessed", "users: [{name: a, password: $SHORT, scopes: [read]}]", "too short: 12"},
		{"no scopes", "tokens: [{name: a, token: $A}]", "no scopes"},
		{"a scope that there is not", "tokens: [{name: a, token: $A, scopes: [admin]}]", "unknown scope"},
		{"a scope of all recordings", "tokens: [{name: a, token: $A, scopes: ['recording:*']}]", "unknown scope"},
		{"a scope of no recording", "tokens: [{name: a, token: $A, scopes: ['recording:']}]", "unknown scope"},
		{"a name with a line break", "tokens: [{name: \"a\\nb\", token: $A, scopes: [read]}]", "one word"},
		{"no name", "tokens: [{token: $A, scopes: [read]}]", "one word"},
		{"a name twice", "tokens: [{name: a, token: $A, scopes: [read]}, {name: a, token: $A, scopes: [operate]}]", "used twice"},
		{"a key that there is not", "tokens: [{name: a, token: $A, scope: [read]}]", "line 1: it has a key or a value that does not belong there: give tokens: ["},
		{"a token alone", "example-token-long-enough", "line 1: it has a key or a value that does not belong there"},
		{"a token as a key", "tokens: []\nexample-token: [read]", "line 2: it has a key"},
		{"a token as an alias", "tokens: *example-token", "it cannot be read: give tokens: ["},
		{"no YAML", "tokens: [", "access.yaml"},
	} {
		t.Run(one.name, func(t *testing.T) {
			if _, _, err := accessible(t, one.text, values); err == nil || !strings.Contains(err.Error(), one.says) || strings.Contains(err.Error(), "example") || strings.Contains(err.Error(), "struct") {
				t.Errorf("%v, want %s", err, one.says)
			}
		})
	}
}

func TestScopesSayWhatACallerMayDo(t *testing.T) {
	const plan, german, latin = "school", "german", "latin"
	for _, one := range []struct {
		scopes string
		may    string // of look, look at all, signal, change: of the German class, and of the Latin one
	}{
		{"read", "LA-- LA--"},
		{"operate", "LASC LASC"},
		{"recording:german", "L-S- ----"},
		{"recording:school/german", "L-S- ----"},
		{"recording:other/german", "---- ----"},
		{"recording:ger", "---- ----"},
		{"read recording:german", "LAS- LA--"},
		{"recording:german recording:latin", "L-S- L-S-"},
		{"", "---- ----"},
	} {
		c := Caller{Name: "a"}
		for scope := range strings.FieldsSeq(one.scopes) {
			c.scopes = append(c.scopes, Scope(scope))
		}
		got := ""
		for _, recording := range []string{german, latin} {
			for i, act := range []Act{Look, LookAt, Signal, Change} {
				of := recording
				if act == LookAt {
					of = ""
				}
				if c.Can(act, plan, of) {
					got += "LASC"[i : i+1]
				} else {
					got += "-"
				}
			}
			got += " "
		}
		if strings.TrimSpace(got) != one.may {
			t.Errorf("%q: %s, want %s", one.scopes, got, one.may)
		}
	}
}

// TestAnAccessFileAndItsSecretsAreReadAgain: a token is rotated, one is added, and a file that is broken changes nothing.
func TestAnAccessFileAndItsSecretsAreReadAgain(t *testing.T) {
	values := map[string]string{"$A": "example-token-of-a-first", "$B": "example-token-of-b-first"}
	p, path, err := accessible(t, "tokens: [{name: a, token: $A, scopes: [read]}]", values)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	p.log = slog.New(slog.NewTextHandler(&log, nil))
	knows := func(token, want string) {
		t.Helper()
		p.looked = time.Time{} // a second later
		if c, ok := p.Token(token); ok != (want != "") || c.Name != want {
			t.Errorf("%s belongs to %q, %v, want %q", token, c.Name, ok, want)
		}
	}
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	knows("example-token-of-a-first", "a")
	values["$A"] = "example-token-of-a-second"
	knows("example-token-of-a-first", "")
	knows("example-token-of-a-second", "a")
	put("tokens: [{name: a, token: $A, scopes: [read]}, {name: b, token: $B, scopes: [read]}]")
	knows("example-token-of-b-first", "b")
	put("tokens: [{name: a")
	knows("example-token-of-b-first", "b")
	knows("example-token-of-b-first", "b")
	if n := strings.Count(log.String(), "not reloaded"); n != 1 {
		t.Errorf("it is told %d times that the file is broken:\n%s", n, &log)
	}
	put("tokens: [{name: b, token: $B, scopes: [read]}]")
	knows("example-token-of-a-second", "")
	for range 2 {
		delete(values, "$B")
		knows("example-token-of-b-first", "")
		knows("example-token-of-b-first", "")
		values["$B"] = "example-token-of-b-first"
		knows("example-token-of-b-first", "b")
	}
	if n := strings.Count(log.String(), "secret cannot be read"); n != 2 {
		t.Errorf("it is told %d times that a secret cannot be read:\n%s", n, &log)
	}
	if strings.Contains(log.String(), "example-token") {
		t.Errorf("the log shows a token:\n%s", &log)
	}
}

// TestALimiterForgetsNobodyTooEarlyAndHoldsFewAddresses: an attacker with many addresses takes no memory.
func TestALimiterForgetsNobodyTooEarlyAndHoldsFewAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Second, 3)
		for i := range 3 {
			if !l.take("a", time.Now()) {
				t.Fatalf("event %d", i)
			}
		}
		for i := range 100_000 {
			l.take(network(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})), time.Now())
		}
		if l.take("a", time.Now()) {
			t.Error("a fourth event at once")
		}
		for i := range 2 * mostKnown { // of which each has nothing left
			for range 3 {
				l.take(network(netip.AddrFrom4([4]byte{11, 0, byte(i >> 8), byte(i)})), time.Now())
			}
		}
		if !l.take("b", time.Now()) {
			t.Error("the first event of a new address")
		}
		if len(l.known) > mostKnown || l.used.Len() != len(l.known) {
			t.Errorf("it remembers %d addresses, %d in order", len(l.known), l.used.Len())
		}
	})
}

func TestACustomerHasOneLimitForItsIPv6Network(t *testing.T) {
	at := func(s string) string { return network(netip.MustParseAddr(s)) }
	if at("2001:db8::1") != at("2001:db8::ffff:1") || at("2001:db8::1") == at("2001:db8:0:1::1") || at("::ffff:192.0.2.1") != at("192.0.2.1") || at("192.0.2.1") == at("192.0.2.2") {
		t.Error("networks are told apart wrongly")
	}
}

// TestAPolicyIsReadByManyAtOnce is for the race detector.
func TestAPolicyIsReadByManyAtOnce(t *testing.T) {
	p, _, err := accessible(t, "users: [{name: duty, password: $A, scopes: [read]}]", map[string]string{"$A": "example-password"})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, ok := p.User("duty", "example-password"); !ok {
				t.Error("not known")
			}
			if _, ok := p.User("duty", "example-passwort"); ok {
				t.Error("known by another password")
			}
		})
	}
	all.Wait()
}
