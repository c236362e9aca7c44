package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/web/access"
	"rundown/runner/web/api"
)

const german = "/api/v1/occurrences/school/german/20310917T070000Z"

// attack is a request that must be refused.
type attack struct {
	name         string
	method, path string
	token        string
	body         string
	header       []string
	status       int
	says         string // in the answer
}

// TestAttacksAreRefused: none of these gets an answer with data, and none leaves an order.
func TestAttacksAreRefused(t *testing.T) {
	deep := strings.Repeat(`{"reason":`, 20000) + `1` + strings.Repeat(`}`, 20000)
	evil := []string{"Origin", "https://evil.example"}
	for _, one := range []attack{
		{"no token", "GET", "/api/v1/status", "", "", nil, 401, "is needed"},
		{"no token for an act", "POST", german + "/stop", "", "", nil, 401, "is needed"},
		{"an empty token", "GET", "/api/v1/status", " ", "", nil, 401, ""},
		{"a token that begins right", "GET", "/api/v1/status", readToken[:len(readToken)-1], "", nil, 401, "are not known"},
		{"a token that goes on", "GET", "/api/v1/status", readToken + "x", "", nil, 401, "are not known"},
		{"a token in capitals", "GET", "/api/v1/status", strings.ToUpper(readToken), "", nil, 401, "are not known"},
		{"a very long token", "GET", "/api/v1/status", strings.Repeat("x", 10000), "", nil, 401, "are not known"},
		{"a password as a token", "GET", "/api/v1/status", dutyPassword, "", nil, 401, "are not known"},
		{"the name of a token", "GET", "/api/v1/status", "desk", "", nil, 401, "are not known"},
		{"a reference as a token", "GET", "/api/v1/status", "${OPERATE}", "", nil, 401, "are not known"},
		{"a token in the address", "GET", "/api/v1/status?token=" + readToken, "", "", nil, 401, ""},
		{"a wrong password", "GET", "/api/v1/status", "", "", []string{"Authorization", basic("duty", "wrong-password")}, 401, ""},
		{"the password of another name", "GET", "/api/v1/status", "", "", []string{"Authorization", basic("other", dutyPassword)}, 401, ""},
		{"a token as a password", "GET", "/api/v1/status", "", "", []string{"Authorization", basic("desk", operateToken)}, 401, ""},
		{"another scheme", "GET", "/api/v1/status", "", "", []string{"Authorization", "Digest " + operateToken}, 401, ""},

		{"a reader cancels", "POST", german + "/cancel", readToken, "", nil, 403, "operate"},
		{"a reader stops", "POST", german + "/stop", readToken, "", nil, 403, "operate or recording:german"},
		{"a reader confirms", "POST", "/api/v1/plans/school/confirm", readToken, `{"revision":2}`, nil, 403, "operate"},
		{"a room stops another", "POST", german + "/stop", latinToken, "", nil, 403, ""},
		{"a room stops that of another plan", "POST", "/api/v1/occurrences/other/latin/current/stop", latinToken, "", nil, 403, ""},
		{"a room cancels", "POST", german + "/cancel", germanToken, "", nil, 403, ""},
		{"a room reads all", "GET", "/api/v1/occurrences", germanToken, "", nil, 403, ""},
		{"a room follows all", "GET", "/api/v1/events", germanToken, "", nil, 403, ""},
		{"a room reads another", "GET", german, latinToken, "", nil, 403, ""},

		{"a page of another origin", "POST", german + "/stop", operateToken, "{}", append([]string{"Sec-Fetch-Site", "cross-site"}, evil...), 403, "origin"},
		{"a page of another origin, by an old browser", "POST", german + "/stop", operateToken, "{}", evil, 403, "origin"},
		{"a page of a sibling", "POST", german + "/stop", operateToken, "{}", []string{"Sec-Fetch-Site", "same-site"}, 403, "origin"},
		{"an opaque origin", "POST", german + "/stop", operateToken, "{}", []string{"Origin", "null"}, 403, "origin"},
		{"a form of another origin", "POST", german + "/stop", operateToken, "reason=x", append([]string{"Content-Type", "text/plain"}, evil...), 403, "origin"},

		{"an act by GET", "GET", german + "/stop", operateToken, "", nil, 405, ""},
		{"another method in a header", "GET", german + "/stop", operateToken, "", []string{"X-HTTP-Method-Override", "POST"}, 405, ""},
		{"a path that climbs", "GET", "/api/v1/occurrences/school/..%2f..%2fplans/current", operateToken, "", nil, 422, ""},
		{"a path that climbs, plainly", "GET", "/api/v1/occurrences/../../../etc/passwd", operateToken, "", nil, 404, ""},
		{"a null byte in a path", "GET", "/api/v1/occurrences/school/german%00/current", operateToken, "", nil, 422, ""},
		{"SQL as a plan", "GET", "/api/v1/plans/x'%20OR%20'1'='1/revisions", operateToken, "", nil, 422, ""},
		{"SQL as a filter", "GET", "/api/v1/occurrences?state=x'%20OR%20'1'='1", operateToken, "", nil, 422, ""},
		{"script as a recording", "GET", "/api/v1/occurrences/school/%3Cscript%3E/current", operateToken, "", nil, 422, ""},
		{"a line break in a path", "POST", "/api/v1/occurrences/school/german%0d%0aSet-Cookie:x=y/current/stop", operateToken, "", nil, 422, ""},
		{"a parameter that there is not", "GET", "/api/v1/status?callback=alert", operateToken, "", nil, 422, "unknown query parameter"},

		{"a field that there is not", "POST", german + "/stop", operateToken, `{"reson":"x"}`, nil, 422, "unexpected property"},
		{"no JSON", "POST", german + "/extend", operateToken, `by=15m`, nil, 400, ""},
		{"JSON nested deeply", "POST", german + "/stop", operateToken, deep, nil, 413, ""},
		{"JSON nested", "POST", german + "/stop", operateToken, strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000), nil, 422, ""},
		{"another kind of body", "POST", german + "/stop", operateToken, `<x/>`, []string{"Content-Type", "application/xml"}, 415, ""},
		{"a body of 10 MB", "POST", german + "/stop", operateToken, strings.Repeat("x", 10<<20), nil, 413, ""},
		{"a reason of 10 kB", "POST", german + "/stop", operateToken, `{"reason":"` + strings.Repeat("x", 10000) + `"}`, nil, 422, ""},
		{"an extension of a year", "POST", german + "/extend", operateToken, `{"by":"8760h"}`, nil, 422, "24h"},
		{"an extension into the past", "POST", german + "/extend", operateToken, `{"by":"-10m"}`, nil, 422, ""},
		{"an extension that overflows", "POST", german + "/extend", operateToken, `{"by":"9999999999h"}`, nil, 422, ""},
		{"an end in the past", "POST", german + "/extend", operateToken, `{"until":"2031-09-17T07:00:00Z"}`, nil, 409, ""},
		{"an end in a year", "POST", german + "/extend", operateToken, `{"until":"2032-09-17T07:00:00Z"}`, nil, 422, ""},
		{"a period of a century", "GET", "/api/v1/occurrences?from=2031-01-01&until=2131-01-01", operateToken, "", nil, 422, "366 days"},
		{"all calendars at once", "GET", "/api/v1/calendar.ics", operateToken, "", nil, 422, ""},
		{"a room closes a day", "POST", "/api/v1/closures", germanToken, `{"kind":"cancel","day":"2031-09-17"}`, nil, 403, "operate"},
		{"a room looks at a day", "POST", "/api/v1/closures", germanToken, `{"kind":"cancel","day":"2031-09-17","preview":true}`, nil, 403, "read"},
		{"a closure of no day", "POST", "/api/v1/closures", operateToken, `{"kind":"cancel"}`, nil, 422, "body.day"},
		{"a closure of a day that there is not", "POST", "/api/v1/closures", operateToken, `{"kind":"cancel","day":"2031-02-30"}`, nil, 422, "body.day"},
		{"a closure with a broken glob", "POST", "/api/v1/closures", operateToken, `{"kind":"cancel","day":"2031-09-17","recording":"[a"}`, nil, 422, "body.recording"},
		{"a pause of all", "POST", "/api/v1/closures", operateToken, `{"kind":"pause","recording":"*"}`, nil, 404, "no recording"},
		{"a pause of a day", "POST", "/api/v1/closures", operateToken, `{"kind":"pause","recording":"german","day":"2031-09-17"}`, nil, 422, "body.kind"},
		{"a day extended by a year", "POST", "/api/v1/closures", operateToken, `{"kind":"extend","day":"2031-09-17","by":"8760h"}`, nil, 422, "body.by"},
		{"a closure that there is not", "POST", "/api/v1/closures/7/undo", operateToken, "", nil, 404, ""},
		{"a key with a line break", "POST", german + "/stop", operateToken, "{}", []string{"Idempotency-Key", "a b"}, 422, ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			server, s := served(t)
			response, text := ask(t, server, one.method, one.path, one.token, one.body, one.header...)
			if response.StatusCode != one.status || !strings.Contains(text, one.says) {
				t.Errorf("%s %.200s, want %d %s", response.Status, text, one.status, one.says)
			}
			if response.Header.Get("Set-Cookie") != "" || response.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("headers: %v", response.Header)
			}
			if orders, err := s.Commands(t.Context()); err != nil || len(orders) > 0 {
				t.Errorf("left an order: %+v, %v", orders, err)
			}
		})
	}
}

func basic(name, password string) string {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth(name, password)
	return r.Header.Get("Authorization")
}

func TestGuessingTokensIsSlowedDown(t *testing.T) {
	server, _ := served(t)
	for i := range 10 {
		if response, _ := ask(t, server, "GET", "/api/v1/status", fmt.Sprintf("a-guess-of-a-token-%d", i), ""); response.StatusCode != 401 {
			t.Fatalf("guess %d: %s", i, response.Status)
		}
	}
	for _, token := range []string{"a-guess-of-a-token-10", readToken} { // else the right one would show
		response, _ := ask(t, server, "GET", "/api/v1/status", token, "")
		if response.StatusCode != 429 || response.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s", token, response.Status)
		}
	}
	if response, _ := ask(t, server, "GET", "/api/v1/status", "", ""); response.StatusCode != 401 {
		t.Errorf("without a token: %s", response.Status)
	}
}

func TestAnAddressHasALimitOfRequests(t *testing.T) {
	server, _ := served(t)
	refused := 0
	for range 400 { // of an answer that costs little, so that they come faster than they are allowed again
		if response, _ := ask(t, server, "GET", "/api/v1/nothing", readToken, ""); response.StatusCode == 429 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("400 requests at once were answered")
	}
}

// TestActsThatAreReplayedHaveNoSecondEffect: a request that is recorded and sent again.
func TestActsThatAreReplayedHaveNoSecondEffect(t *testing.T) {
	const later = `{"until":"2031-09-17T08:15:00Z"}`
	for _, one := range []struct {
		name, path, body string
		header           []string
		status           int
	}{
		{"a stop", "/stop", `{}`, nil, 409},
		{"a cancel", "/cancel", `{}`, nil, 409},
		{"an extend to an instant", "/extend", later, nil, 409},
		{"an extend by a length, with a key", "/extend", `{"by":"15m"}`, []string{"Idempotency-Key", "room-7:1"}, 202},
		{"a stop, with a key", "/stop", `{}`, []string{"Idempotency-Key", "room-7:2"}, 202},
	} {
		t.Run(one.name, func(t *testing.T) {
			server, s := served(t)
			first, text := ask(t, server, "POST", german+one.path, operateToken, one.body, one.header...)
			if first.StatusCode != 202 {
				t.Fatalf("%s %s", first.Status, text)
			}
			second, again := ask(t, server, "POST", german+one.path, operateToken, one.body, one.header...)
			if second.StatusCode != one.status {
				t.Errorf("replayed: %s %s", second.Status, again)
			}
			orders, err := s.Commands(t.Context())
			if err != nil || len(orders) != 1 {
				t.Fatalf("%d orders, %v", len(orders), err)
			}
			var given, repeated api.Given
			if json.Unmarshal([]byte(text), &given) != nil || given.Order != orders[0].ID || given.Repeated {
				t.Errorf("%s", text)
			}
			if one.status == 202 && (json.Unmarshal([]byte(again), &repeated) != nil || repeated.Order != given.Order || !repeated.Repeated) {
				t.Errorf("replayed: %s", again)
			}
		})
	}
}

// TestAnActIsInTheLogWithWhoWhyAndFromWhere, and what an operator writes stays one line of text.
func TestAnActIsInTheLogWithWhoWhyAndFromWhere(t *testing.T) {
	server, s := served(t)
	why, err := json.Marshal(map[string]string{"reason": "empty\r\nSet-Cookie: a=b\x00\u2028<script>alert(1)</script>"})
	if err != nil {
		t.Fatal(err)
	}
	response, text := ask(t, server, "POST", "/api/v1/occurrences/school/german/current/stop", germanToken, string(why))
	if response.StatusCode != 202 || response.Header.Get("Set-Cookie") != "" {
		t.Fatalf("%s %s", response.Status, text)
	}
	events, err := s.Events(t.Context(), "school/german/20310917T070000Z", 1, 0)
	if err != nil || len(events) == 0 {
		t.Fatal(err)
	}
	e := events[len(events)-1]
	if e.Who != "german-room" || !strings.HasPrefix(e.Text, "stop: empty") || strings.ContainsAny(e.Text, "\r\n\x00\u2028") || !strings.Contains(string(e.Data), `"from":"127.0.0.1"`) {
		t.Errorf("%+v %s", e, e.Data)
	}
	_, text = ask(t, server, "GET", german, readToken, "")
	if !strings.Contains(text, "by german-room") && !strings.Contains(text, `"who":"german-room"`) || strings.Contains(text, "<script>") && response.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s", text)
	}
}

// guarded is the API behind a guard, asked without a connection, so that its address can be any.
func guarded(t *testing.T, c access.Config) http.Handler {
	t.Helper()
	s := filled(t)
	a := api.New(api.Config{
		Store: s, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Health: func() (bool, string, []runner.Issue) { return true, "", nil },
	})
	t.Cleanup(a.Close)
	return access.New(c, nil).Handler(a)
}

// TestWhereARequestComesFromDecides: addresses, hosts and proxies, without tokens and with them.
func TestWhereARequestComesFromDecides(t *testing.T) {
	tokens := policy(t)
	local := access.Config{Loopback: true}
	localTokens := access.Config{Loopback: true, Policy: tokens}
	proxied := access.Config{Policy: tokens, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}
	nearby := access.Config{Loopback: true, Policy: tokens, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	for _, one := range []struct {
		name   string
		config access.Config
		from   string
		host   string
		token  string
		header []string
		status int
	}{
		{"this machine reads without a token", local, "127.0.0.1:5000", "localhost:8089", "", nil, 200},
		{"and by its IPv6 address", local, "[::1]:5000", "[::1]:8089", "", nil, 200},
		{"a name of the Web that is pointed here", local, "127.0.0.1:5000", "evil.example:8089", "", nil, 403},
		{"a name that begins alike", local, "127.0.0.1:5000", "localhost.evil.example", "", nil, 403},
		{"a proxy on this machine that is not named", local, "127.0.0.1:5000", "127.0.0.1:8089", "", []string{"X-Forwarded-For", "203.0.113.9"}, 403},
		{"another one", local, "127.0.0.1:5000", "127.0.0.1:8089", "", []string{"Via", "1.1 proxy"}, 403},
		{"the network without an access file", access.Config{}, "192.0.2.7:5000", "rundown.example", "", nil, 403},
		{"the network without an access file, as this machine", access.Config{}, "192.0.2.7:5000", "localhost", "", []string{"X-Forwarded-For", "127.0.0.1"}, 403},
		{"this machine with a token", localTokens, "127.0.0.1:5000", "anything.example", readToken, nil, 200},
		{"this machine by a proxy that is not named", localTokens, "127.0.0.1:5000", "localhost", readToken, []string{"X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https"}, 403},
		{"the network by TLS", access.Config{Policy: tokens, TLS: true}, "192.0.2.7:5000", "rundown.example", readToken, nil, 200},
		{"the network by plain http", access.Config{Policy: tokens}, "192.0.2.7:5000", "rundown.example", readToken, nil, 403},
		{"the network beside the proxy", proxied, "192.0.2.7:5000", "rundown.example", readToken, []string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "10.0.0.5"}, 403},
		{"by the proxy", proxied, "10.0.0.5:5000", "rundown.example", readToken, []string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9"}, 200},
		{"by the proxy, without TLS before it", proxied, "10.0.0.5:5000", "rundown.example", readToken, []string{"X-Forwarded-Proto", "http", "X-Forwarded-For", "203.0.113.9"}, 403},
		{"by the proxy, the client says https itself", proxied, "10.0.0.5:5000", "rundown.example", readToken, []string{"X-Forwarded-Proto", "https, http", "X-Forwarded-For", "203.0.113.9"}, 403},
		{"by the proxy, which says nothing of the way to it", proxied, "10.0.0.5:5000", "rundown.example", readToken, nil, 403},
		{"by a proxy on this machine", nearby, "127.0.0.1:5000", "rundown.example", readToken, []string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9"}, 200},
		{"this machine, beside a proxy on it", nearby, "127.0.0.1:5000", "localhost:8089", readToken, nil, 200},
		{"by the proxy, with an address that is none", proxied, "10.0.0.5:5000", "rundown.example", readToken, []string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9, <script>"}, 400},
	} {
		t.Run(one.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/api/v1/status", nil)
			r.RemoteAddr, r.Host = one.from, one.host
			if one.token != "" {
				r.Header.Set("Authorization", "Bearer "+one.token)
			}
			for i := 0; i+1 < len(one.header); i += 2 {
				r.Header.Set(one.header[i], one.header[i+1])
			}
			w := httptest.NewRecorder()
			guarded(t, one.config).ServeHTTP(w, r)
			if w.Code != one.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, one.status)
			}
		})
	}
}

// TestAForgedAddressDoesNotEscapeTheLimits: only what a trusted proxy adds counts.
func TestAForgedAddressDoesNotEscapeTheLimits(t *testing.T) {
	h := guarded(t, access.Config{Policy: policy(t), Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32")}})
	last := 0
	for i := range 20 {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/status", nil)
		r.RemoteAddr = "10.0.0.5:5000"
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 203.0.113.9", i)) // the client sends the first, the proxy adds the second
		r.Header.Set("Authorization", fmt.Sprintf("Bearer a-guess-of-a-token-%d", i))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		last = w.Code
	}
	if last != 429 {
		t.Errorf("the last of 20 guesses: %d", last)
	}
}

// TestWithoutTokensNobodyActs: not even a page of this machine, since each user of the machine could pretend to be one.
func TestWithoutTokensNobodyActs(t *testing.T) {
	h := guarded(t, access.Config{Loopback: true})
	for _, header := range [][]string{nil, {"Sec-Fetch-Site", "same-origin"}, {"Authorization", "Bearer " + operateToken}} {
		r := httptest.NewRequest(http.MethodPost, german+"/stop", strings.NewReader("{}"))
		r.RemoteAddr, r.Host = "127.0.0.1:5000", "localhost"
		r.Header.Set("Content-Type", "application/json")
		if header != nil {
			r.Header.Set(header[0], header[1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 403 || !strings.Contains(w.Body.String(), "--access") {
			t.Errorf("%v: %d %s", header, w.Code, w.Body)
		}
	}
}

// TestABodyWithoutALengthHasALimitToo sends 10 MB in chunks.
func TestABodyWithoutALengthHasALimitToo(t *testing.T) {
	server, s := served(t)
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+german+"/stop", io.MultiReader(strings.NewReader(`{"reason":"`), strings.NewReader(strings.Repeat("x", 10<<20))))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+operateToken)
	r.Header.Set("Content-Type", "application/json")
	response, err := server.Client().Do(r)
	if err == nil {
		_ = response.Body.Close()
		if response.StatusCode != 413 {
			t.Errorf("%s", response.Status)
		}
	} // else the connection was closed while it was sent
	if orders, err := s.Commands(t.Context()); err != nil || len(orders) > 0 {
		t.Errorf("%+v, %v", orders, err)
	}
}
