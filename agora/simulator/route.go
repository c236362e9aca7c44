package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rundown/agora"
)

// route is what a documented path names.
type route struct {
	op         agora.Op
	app        string
	resourceID string // not for acquire
	sid        string // for query, update and stop
}

// pathAreas may precede the version in a path: they name the preferred servers.
var pathAreas = []string{"cn", "ap", "eu", "us"}

// parseRoute parses the documented paths, with case as the documentation writes it. Anything else, also a wrong
// method, is not a route. An area in front of the version is accepted and changes nothing.
func parseRoute(method, escapedPath string) (route, bool) {
	parts := strings.Split(escapedPath, "/")
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		if err != nil || (i > 0 && plain == "") {
			return route{}, false
		}
		parts[i] = plain
	}
	if len(parts) > 1 && parts[0] == "" && slices.Contains(pathAreas, parts[1]) {
		parts = parts[1:]
		parts[0] = ""
	}
	if len(parts) < 6 || parts[0] != "" || parts[1] != "v1" || parts[2] != "apps" || parts[4] != "cloud_recording" {
		return route{}, false
	}
	r := route{app: parts[3], op: agora.Op(parts[len(parts)-1])}
	want := http.MethodPost
	switch {
	case r.op == agora.OpAcquire && len(parts) == 6:
	case r.op == agora.OpStart && len(parts) == 10 &&
		parts[5] == "resourceid" && parts[7] == "mode" && parts[8] == "web":
		r.resourceID = parts[6]
	case (r.op == agora.OpQuery || r.op == agora.OpUpdate || r.op == agora.OpStop) && len(parts) == 12 &&
		parts[5] == "resourceid" && parts[7] == "sid" && parts[9] == "mode" && parts[10] == "web":
		r.resourceID, r.sid = parts[6], parts[8]
		if r.op == agora.OpQuery {
			want = http.MethodGet
		}
	default:
		return route{}, false
	}
	return r, method == want
}
