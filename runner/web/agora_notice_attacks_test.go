package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rundown/agora"
	"rundown/agora/simulator"
)

// TestVariantsOfASignatureAreRefused: what is near to a signature is none.
func TestVariantsOfASignatureAreRefused(t *testing.T) {
	const body = `{"noticeId":"n1","productId":3,"eventType":70,"payload":{"cname":"c","uid":"7","sid":"s","sequence":1,"details":{}}}`
	right, empty := http.Header{}, http.Header{}
	simulator.Sign("example", right, []byte(body))
	simulator.Sign("example", empty, nil)
	v1, v2 := right.Get(agora.HeaderSignature), right.Get(agora.HeaderSignatureV2)
	newer := func(values ...string) http.Header {
		return http.Header{http.CanonicalHeaderKey(agora.HeaderSignatureV2): values}
	}
	both := newer(flip(v2))
	both.Set(agora.HeaderSignature, v1)
	for _, one := range []struct {
		name   string
		header http.Header
		body   string
		status int
	}{
		{"the right one", newer(v2), body, 200},
		{"in capitals, which is the same number", newer(strings.ToUpper(v2)), body, 200},
		{"shortened", newer(v2[:62]), body, 401},
		{"empty", newer(""), body, 401},
		{"longer", newer(v2 + "00"), body, 401},
		{"one digit off", newer(flip(v2)), body, 401},
		{"one digit off, beside the right older one", both, body, 401},
		{"with a prefix", newer("sha256=" + v2), body, 401},
		{"the older one as the newer", newer(v1), body, 401},
		{"the newer one as the older", http.Header{http.CanonicalHeaderKey(agora.HeaderSignature): {v2}}, body, 401},
		{"two, the first is wrong", newer(flip(v2), v2), body, 401},
		{"two in one line", newer(v2 + ", " + v2), body, 401},
		{"of an empty body", newer(empty.Get(agora.HeaderSignatureV2)), body, 401},
		{"of another body", newer(v2), strings.Replace(body, "n1", "n2", 1), 401},
		{"of the body without its line break", newer(v2), body + "\n", 401},
		{"no number", newer(strings.Repeat("z", 64)), body, 401},
		{"in another header", http.Header{"X-Agora-Signature-V2": {v2}}, body, 401},
	} {
		t.Run(one.name, func(t *testing.T) {
			taken := 0
			h := Notices(func() (string, error) { return "example", nil }, func(agora.Event) error { taken++; return nil }, slog.New(slog.DiscardHandler))
			r := httptest.NewRequest(http.MethodPost, "/webhooks/agora", strings.NewReader(one.body))
			r.Header = one.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != one.status || taken > 0 != (one.status == http.StatusOK) {
				t.Errorf("%d, taken %d times, want %d", w.Code, taken, one.status)
			}
		})
	}
}

// flip changes the last digit.
func flip(hex string) string {
	if hex[len(hex)-1] == '0' {
		return hex[:len(hex)-1] + "1"
	}
	return hex[:len(hex)-1] + "0"
}
