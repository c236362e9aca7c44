package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"rundown/agora/simulator"
)

// quoter is a service that refuses the first request of each kind, and every second query, with a reason that quotes
// what it was sent in every form.
type quoter struct {
	next    http.Handler
	secrets []string

	mu    sync.Mutex
	asked map[string]int
}

func (q *quoter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := path.Base(r.URL.Path)
	q.mu.Lock()
	n := q.asked[op]
	q.asked[op]++
	q.mu.Unlock()
	if n > 0 && (op != "query" || n%2 == 0) {
		q.next.ServeHTTP(w, r)
		return
	}
	secret := q.secrets[n%len(q.secrets)]
	writers := []func(string) string{
		func(s string) string { return s },
		func(s string) string { b, _ := json.Marshal(s); return string(b) },
		func(s string) string { b, _ := json.Marshal(s); return strings.ReplaceAll(string(b), "/", `\/`) },
		html.EscapeString, url.QueryEscape, url.PathEscape, strconv.Quote, strconv.QuoteToASCII,
	}
	reason := "refused:"
	for i, outer := range writers { // of each two layers one, since a reason is cut after 300 characters
		reason += " " + outer(writers[(i+n)%len(writers)](secret))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": 500, "reason": reason})
}

// TestNoSecretThatTheServiceQuotesIsShownByAnyCommand records a class with random secrets at such a service. They begin
// and end with marks that nothing escapes.
func TestNoSecretThatTheServiceQuotesIsShownByAnyCommand(t *testing.T) {
	t.Parallel()
	letters := rapid.RuneFrom([]rune(`&/+= %"'<>#;?\abcXYZ019é漢😀`))
	secret := rapid.Custom(func(t *rapid.T) string {
		return "Qz" + rapid.StringOfN(letters, 6, 16, -1).Draw(t, "middle") + "zQ"
	})
	sim, err := simulator.New(simulator.Config{StartAfter: -1})
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]string{}
	q := &quoter{next: sim, asked: map[string]int{}}
	for i, name := range []string{"AGORA_SECRET", "ACCESS", "SECRET", "ROOM", "STREAM"} {
		drawn[name] = secret.Example(i)
		if name == "ROOM" || name == "STREAM" { // in an address they are written as addresses ask for
			drawn[name] = url.QueryEscape(drawn[name])
		}
		q.secrets = append(q.secrets, drawn[name])
	}
	server := httptest.NewServer(q)
	defer server.Close()
	env := []string{"AGORA_ID=customer", "APP=0123456789abcdef0123456789abcdef"}
	for name, value := range drawn {
		env = append(env, name+"="+value)
	}
	folder := t.TempDir()
	planFile, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	if err := os.WriteFile(planFile, []byte(aroundNow+"  one: {when: 2031-09-15 09:00-09:50, attempts: 10}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := start(t, "stderr", env, "now", planFile, "one", "--store", dsn, "--api-url", server.URL, "--for", "8s", "--log-level", "debug", "--log-format", "json")
	for range now.lines {
	}
	shownTexts := map[string]string{"the log": now.output()}
	for _, args := range [][]string{
		{"history", "--format", "json"}, {"history"}, {"history", "one@" + dayOf(t, dsn)}, {"history", "one@" + dayOf(t, dsn), "--format", "json"}, {"status", "--format", "json"}, {"status"},
	} {
		var out, errs bytes.Buffer
		if status := Main(context.Background(), append(args, "--store", dsn), Streams{Out: &out, Err: &errs}); status != StatusOK {
			t.Errorf("%q: status %d, %s", args, status, errs.String())
		}
		shownTexts[strings.Join(args, " ")] = out.String()
	}
	if !strings.Contains(shownTexts["the log"], "[redacted]") {
		t.Error("the log holds nothing of what the service said")
	}
	for where, text := range shownTexts {
		for _, mark := range []string{"Qz", "zQ"} {
			if i := strings.Index(text, mark); i >= 0 {
				t.Errorf("%s shows a secret: …%q", where, text[max(0, i-80):min(len(text), i+60)])
			}
		}
	}
}

// dayOf is the day of the only class in a store.
func dayOf(t *testing.T, dsn string) string {
	for _, o := range outcomesOf(t, dsn) {
		return (*o.Start)[:len("2031-09-15")]
	}
	t.Fatal("the store holds no class")
	return ""
}
