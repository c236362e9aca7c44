package simulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestControlEndpointsAnswerThisMachineOrTheToken(t *testing.T) {
	for _, tt := range []struct {
		token, remote, authorization, forwarded string
		status                                  int
	}{
		{"", "127.0.0.1:5000", "", "", 200},
		{"", "[::1]:5000", "", "", 200},
		{"", "[::ffff:127.0.0.1]:5000", "", "", 200},
		{"", "in-memory", "", "", 200},
		{"", "192.168.1.5:5000", "", "", 403},
		{"", "203.0.113.7:5000", "Bearer ", "", 403},
		{"", "[fe80::1%eth0]:5000", "", "", 403},
		{"", "127.0.0.1:5000", "", "203.0.113.7", 403}, // a proxy on this machine
		{"", "garbage", "", "", 403},
		{"an-obvious-example", "203.0.113.7:5000", "Bearer an-obvious-example", "", 200},
		{"an-obvious-example", "203.0.113.7:5000", "bearer an-obvious-example", "", 200},
		{"an-obvious-example", "203.0.113.7:5000", "Bearer an-obvious-exampl", "", 401},
		{"an-obvious-example", "127.0.0.1:5000", "", "", 401},
		{"an-obvious-example", "127.0.0.1:5000", "Basic an-obvious-example", "", 401},
	} {
		sim, err := New(Config{ControlToken: tt.token})
		if err != nil {
			t.Fatal(err)
		}
		for _, request := range []struct{ method, path string }{{"GET", "/_simulator/ledger"}, {"GET", "/_simulator/faults"}, {"PUT", "/_simulator/faults"}, {"GET", "/_simulator"}} {
			r := httptest.NewRequest(request.method, request.path, nil)
			r.RemoteAddr = tt.remote
			if tt.authorization != "" {
				r.Header.Set("Authorization", tt.authorization)
			}
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("%+v: %s %s is answered with %d: %s", tt, request.method, request.path, w.Code, w.Body)
			}
			if w.Code == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%+v: no challenge", tt)
			}
		}
	}
}
