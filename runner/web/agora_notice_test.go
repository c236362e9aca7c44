package web

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rundown/agora"
	"rundown/agora/simulator"
)

func TestNotificationsAreTakenOnlyWhenSignedAndWhole(t *testing.T) {
	const body = `{"noticeId":"n1","productId":3,"eventType":70,"payload":{"cname":"c","uid":"7","sid":"canary-sid","sequence":1,"details":{}}}`
	const chunked = "chunked"
	signed := func(secret string) http.Header {
		h := http.Header{}
		simulator.Sign(secret, h, []byte(body))
		return h
	}
	old := signed("example")
	old.Del(agora.HeaderSignatureV2)
	mixed := signed("example")
	mixed.Set(agora.HeaderSignatureV2, signed("other").Get(agora.HeaderSignatureV2))
	tests := []struct {
		name, method, body string
		header             http.Header
		take               error
		secret             error
		status             int
	}{
		{"signed twice", "POST", body, signed("example"), nil, nil, 200},
		{"the older signature alone", "POST", body, old, nil, nil, 200},
		{"the newer one counts where there are both", "POST", body, mixed, nil, nil, 401},
		{"another secret", "POST", body, signed("other"), nil, nil, 401},
		{"unsigned", "POST", body, http.Header{}, nil, nil, 401},
		{"altered", "POST", body + " ", signed("example"), nil, nil, 401},
		{"not a POST", "GET", "", http.Header{}, nil, nil, 405},
		{"too large", "POST", strings.Repeat("x", maxNotice+1), http.Header{}, nil, nil, 413},
		{"too large, and its length is not told", "POST", chunked + strings.Repeat("x", maxNotice+1), http.Header{}, nil, nil, 413},
		{"no room", "POST", body, signed("example"), errors.New("busy"), nil, 503},
		{"the secret cannot be read", "POST", body, signed("example"), nil, errors.New("no such file"), 503},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			var got []agora.Event
			h := Notices(func() (string, error) { return "example", tt.secret }, func(e agora.Event) error {
				got = append(got, e)
				return tt.take
			}, slog.New(slog.NewTextHandler(&log, nil)))
			r := httptest.NewRequest(tt.method, "/webhooks/agora", strings.NewReader(tt.body))
			if strings.HasPrefix(tt.body, chunked) {
				r.ContentLength = -1
			}
			r.Header = tt.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status || tt.status == 200 && (w.Body.String() != "{}" || len(got) != 1 || got[0].SID != "canary-sid") || tt.status != 200 && tt.take == nil && len(got) > 0 {
				t.Errorf("answered %d %q, took %d", w.Code, w.Body, len(got))
			}
			if strings.Contains(log.String(), "canary") {
				t.Errorf("the log quotes the body: %s", &log)
			}
		})
	}
}
