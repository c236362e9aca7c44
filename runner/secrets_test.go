package runner_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
)

// TestNoSecretThatTheServiceQuotesIsKept has a service that refuses each kind of request for a while and quotes every
// secret of the plan, in a form of its own each time. The marks are in no form escaped, and nothing else holds them.
func TestNoSecretThatTheServiceQuotesIsKept(t *testing.T) {
	secrets := map[string]string{
		"ID": "customer", "APP": "app-id", "SECRET": `Qz&se/cret="1"zQ`, "ACCESS": "Qz+access/key=zQ", "KEY": `Qz/ke y%2F\n<1>zQ`,
		"RTMP_ONE": "rtmps://ingest.example/app/Qz-stream&key/1zQ", "RTMP_TWO": "rtmps://ingest.example/app/Qz-two&keyzQ", "ROOM": "Qz=room&token+zQ",
	}
	writers := []func(string) string{
		func(s string) string { return s },
		func(s string) string { b, _ := json.Marshal(s); return string(b) },
		func(s string) string { b, _ := json.Marshal(s); return strings.ReplaceAll(string(b), "/", `\/`) },
		html.EscapeString, url.QueryEscape, url.PathEscape, strconv.QuoteToASCII,
		func(s string) string { return strconv.Quote(url.QueryEscape(s)) },
		func(s string) string { return html.EscapeString(strconv.Quote(s)) },
	}
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h, carrier := listening(t, simulator.Faults{Notices: []simulator.NoticeFault{
			{After: simulator.Duration(5 * time.Minute), Send: &simulator.NoticeSend{Event: 1, Details: map[string]any{"module": 1, "errorLevel": 5, "errorCode": 47, "errorMsg": "key " + secrets["ACCESS"] + " refused"}}},
			{After: simulator.Duration(6 * time.Minute), Send: &simulator.NoticeSend{Event: 99, SID: "other", Details: map[string]any{"why": "key " + html.EscapeString(secrets["KEY"])}}},
			{After: simulator.Duration(7 * time.Minute), Send: &simulator.NoticeSend{Event: 73, Details: map[string]any{"reason": strings.Repeat("x", 190) + " " + secrets["KEY"]}}},
			{After: simulator.Duration(6 * time.Minute), Send: &simulator.NoticeSend{Event: 73, Details: map[string]any{"reason": "stream Qz-stream&amp;key/1zQ"}}},
		}})
		h.lookup = func(r plan.Reference) (string, error) { return secrets[r.Name], nil }
		h.transport = &quoting{next: h.sim.Transport(), secrets: secrets, writers: writers, asked: map[string]int{}}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    cdn: one\n    attempts: 10"), "school.yaml"))
		carrier.to(h, e)
		until(monday.Add(20 * time.Minute))
		h.shut(e)
		e = h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    cdn: one\n    attempts: 10"), "school.yaml"))
		carrier.to(h, e)
		until(monday.Add(3 * time.Hour))
		if err := h.sim.Close(); err != nil {
			t.Error(err)
		}
		s := stored(t, h, german)
		h.shut(e)
		entries, err := filepath.Glob(filepath.Join(h.dir, "*"))
		if err != nil || len(entries) == 0 {
			t.Fatalf("no store: %v", err)
		}
		written := map[string]string{"the log": h.log.String(), "the outcome": s.Reason}
		for _, path := range entries {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			written[filepath.Base(path)] = string(b)
		}
		for where, text := range written {
			for _, mark := range []string{"Qz", "zQ"} {
				if i := strings.Index(text, mark); i >= 0 {
					t.Errorf("%s holds a secret: …%q", where, text[max(0, i-80):min(len(text), i+60)])
				}
			}
		}
		if !strings.Contains(written["the log"], "[redacted]") {
			t.Error("the log holds nothing of what the service said")
		}
	})
}

// quoting refuses the first requests of each kind, and every third query, with a reason that quotes all secrets.
type quoting struct {
	next    http.RoundTripper
	secrets map[string]string
	writers []func(string) string
	asked   map[string]int
}

func (q *quoting) RoundTrip(r *http.Request) (*http.Response, error) {
	op := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	n := q.asked[op]
	q.asked[op]++
	first := n < len(q.writers)
	if op == "query" {
		first = n%3 == 2
	}
	if !first {
		return q.next.RoundTrip(r)
	}
	reason := "not valid:"
	for _, name := range []string{"SECRET", "ACCESS", "KEY", "RTMP_ONE", "ROOM"} {
		reason += " " + q.writers[n%len(q.writers)](q.secrets[name])
	}
	body, _ := json.Marshal(map[string]any{"code": 500, "reason": reason})
	return &http.Response{
		StatusCode: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {fmt.Sprint(len(body))}},
		Body: io.NopCloser(strings.NewReader(string(body))), ContentLength: int64(len(body)), Request: r,
	}, nil
}
