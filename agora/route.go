package agora

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// ContentType is the exact value that the service takes. It is sent with queries too.
const ContentType = "application/json;charset=utf-8"

// Route is the method and the escaped path of an endpoint on any host. resourceID and sid matter only where the path
// contains them. The error names what is missing.
func Route(op Op, appID, resourceID, sid string) (method, path string, err error) {
	segment := func(name, s string) string {
		if s == "" {
			err = errors.Join(err, fmt.Errorf("%s is empty", name))
		}
		if s == "." || s == ".." {
			err = errors.Join(err, fmt.Errorf("%s %q cannot stand in a path", name, s))
		}
		return url.PathEscape(s)
	}
	path = "/v1/apps/" + segment("app id", appID) + "/cloud_recording/"
	switch op {
	case OpAcquire:
		return http.MethodPost, path + "acquire", err
	case OpStart:
		return http.MethodPost, path + "resourceid/" + segment("resource id", resourceID) + "/mode/web/start", err
	case OpQuery, OpUpdate, OpStop:
		method = http.MethodPost
		if op == OpQuery {
			method = http.MethodGet
		}
		path += "resourceid/" + segment("resource id", resourceID) + "/sid/" + segment("sid", sid)
		return method, path + "/mode/web/" + string(op), err
	default:
		return "", "", fmt.Errorf("no endpoint %q", op)
	}
}
