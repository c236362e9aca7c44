package agora

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestTheAddressesOfNotificationsAreAskedFor(t *testing.T) {
	const two = `{"code":0,"data":{"service":{"name":"ncs","hosts":[{"primaryIP":"203.0.113.9","backupIP":"-"},{"primaryIP":"198.51.100.20"},{"primaryIP":"203.0.113.9"},{"primaryIP":"::ffff:192.0.2.1"}]}}}`
	const noRoute = `{"message":"no Route matched with those values"}`
	for _, tt := range []struct {
		name    string
		answers map[string]string // by path, with the status before it
		asked   []string
		want    string
		wrong   string
	}{
		{"sorted, each once", map[string]string{"/v1/ncs/ip": "200 " + two}, []string{"/v1/ncs/ip"}, "[192.0.2.1 198.51.100.20 203.0.113.9]", ""},
		{"by the second path where there is no first", map[string]string{"/v1/ncs/ip": "404 " + noRoute, "/v2/ncs/ip": "200 " + two}, []string{"/v1/ncs/ip", "/v2/ncs/ip"}, "[192.0.2.1 198.51.100.20 203.0.113.9]", ""},
		{"neither path is there", map[string]string{"/v1/ncs/ip": "404 " + noRoute, "/v2/ncs/ip": "404 " + noRoute}, []string{"/v1/ncs/ip", "/v2/ncs/ip"}, "[]", "no Route matched"},
		{"the credentials are refused", map[string]string{"/v1/ncs/ip": `401 {"message":"Invalid authentication credentials"}`}, []string{"/v1/ncs/ip"}, "[]", "Invalid authentication credentials"},
		{"an empty list", map[string]string{"/v1/ncs/ip": `200 {"data":{"service":{"hosts":[]}}}`}, []string{"/v1/ncs/ip"}, "[]", "no data.service.hosts"},
		{"a page in its place", map[string]string{"/v1/ncs/ip": `200 <html>`}, []string{"/v1/ncs/ip"}, "[]", "not a JSON object"},
		{"what is no address", map[string]string{"/v1/ncs/ip": `200 {"data":{"service":{"hosts":[{"primaryIP":"203.0.113.9"},{"primaryIP":"every\none"}]}}}`}, []string{"/v1/ncs/ip"}, "[]", `"every one"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.Path)
				if id, secret, _ := r.BasicAuth(); r.Method != http.MethodGet || id != "id-example" || secret != "secret-example" {
					t.Errorf("%s as %s", r.Method, id)
				}
				status, body, _ := strings.Cut(tt.answers[r.URL.Path], " ")
				var code int
				_, _ = fmt.Sscan(status, &code)
				w.WriteHeader(code)
				_, _ = io.WriteString(w, body)
			}))
			t.Cleanup(server.Close)
			c, err := New(fixedCredentials, WithBaseURL(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Addresses(t.Context())
			if text := fmt.Sprint(got); text != tt.want || !slices.Equal(asked, tt.asked) {
				t.Errorf("%s after %v, want %s after %v", text, asked, tt.want, tt.asked)
			}
			if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong) || strings.Contains(err.Error(), "secret-example")) {
				t.Errorf("the error is %v, want %q", err, tt.wrong)
			}
		})
	}
}
