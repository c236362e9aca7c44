package simulator

import (
	"net/http"
	"strings"
)

// ncsVersion is the version in the path of a request for the addresses that notifications come from, v1 or v2 by the
// edition of the documentation; "" for any other request.
func ncsVersion(r *http.Request) string {
	version, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/ncs/ip")
	if !ok || r.Method != http.MethodGet || (version != "v1" && version != "v2") {
		return ""
	}
	return version
}

// ncsAddresses tells where the simulator's notifications come from: this machine. Any pair of credentials may ask.
func (s *Simulator) ncsAddresses(r *http.Request) reply {
	if id, _, ok := r.BasicAuth(); !ok || id == "" {
		return gateway(http.StatusUnauthorized, "Unauthorized")
	}
	hosts := []map[string]string{{"primaryIP": "127.0.0.1"}}
	return success(map[string]any{"data": map[string]any{"service": map[string]any{"hosts": hosts}}})
}
