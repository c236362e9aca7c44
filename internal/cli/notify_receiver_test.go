package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rundown/runner/notify"
)

// hookSecret is the key of the receivers' signatures.
const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receiver is a program that takes webhooks. It checks each as Standard Webhooks demand.
type receiver struct {
	t   *testing.T
	url string

	mu     sync.Mutex
	took   []notify.CloudEvent
	bodies map[string]string // by id
	status int               // of the answers; 0: 204
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, bodies: map[string]string{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/hooks/CANARY-path?token=CANARY-query"
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil { // who sent it was killed
		return
	}
	hook, err := webhooks.NewWebhook(hookSecret)
	if err != nil {
		r.t.Error(err)
	}
	if err := hook.Verify(body, req.Header); err != nil {
		r.t.Errorf("signature: %v", err)
	}
	if got := req.Header.Get("Content-Type"); got != "application/cloudevents+json; charset=utf-8" {
		r.t.Errorf("content type %q", got)
	}
	if strings.Contains(string(body), "CANARY") {
		r.t.Errorf("a secret is sent: %s", body)
	}
	var e notify.CloudEvent
	if err := json.Unmarshal(body, &e); err != nil {
		r.t.Errorf("%v in %s", err, body)
	}
	id := req.Header.Get("webhook-id")
	if e.ID != id || e.SpecVersion != "1.0" {
		r.t.Errorf("id %s of version %s under webhook-id %s", e.ID, e.SpecVersion, id)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, twice := r.bodies[id]; twice && before != string(body) {
		r.t.Errorf("the same id says two things:\n%s\n%s", before, body)
	}
	r.bodies[id] = string(body)
	if r.status != 0 {
		w.WriteHeader(r.status)
		return
	}
	r.took = append(r.took, e)
	w.WriteHeader(http.StatusNoContent)
}

// events are those of a type that were taken.
func (r *receiver) events(kind string) []notify.CloudEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.took), func(e notify.CloudEvent) bool { return e.Type != "rundown."+kind })
}

// env are the variables of a plan that notifies the receiver.
func (r *receiver) env() []string {
	return append(slices.Clone(canaries), "HOOK="+r.url, "HOOK_SECRET="+hookSecret)
}

// notified is the plan around now with a target; entry is what its entry says beside the address.
func notified(entry string) string {
	return strings.Replace(aroundNow, "expose:", `notify: [{name: duty, webhook: "${HOOK}", secret: "${HOOK_SECRET}"`+entry+"}]\nexpose:", 1)
}
